#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "runtime/task_spec.h"

namespace drydock::control {

// A port of the host that a definition fixes: with mode bridge one that is not dynamic, with mode
// host every port it names.
struct FixedPort {
  int first = 0;
  int last = 0;
  std::string protocol;
  bool operator==(const FixedPort&) const = default;
};
std::vector<FixedPort> fixed_ports(const taskdef::TaskDefinition& task);

// The failure that RunTask reports for a task whose ports another one has (RESOURCE:PORTS), null
// when they are free. `others` are those that have not stopped. Pure.
Json ports_taken(const runtime::TaskSpec& wanted,
                 const std::vector<std::shared_ptr<const runtime::TaskSpec>>& others);

}  // namespace drydock::control
