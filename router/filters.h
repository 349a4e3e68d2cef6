#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "logrouter/builtin/router_plan.h"

namespace drydock::router {

// What becomes of a record before it goes to an output.
class Filter {
 public:
  virtual ~Filter() = default;
  // False: it goes nowhere. May change the record.
  virtual bool pass(Json& record) const = 0;
};

// grep and record_modifier, as the generated configuration has them. kInvalid: a pattern is none.
Result<std::unique_ptr<Filter>> make_filter(const logrouter::RouterSection& section);

}  // namespace drydock::router
