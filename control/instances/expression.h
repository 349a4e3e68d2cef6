#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// The query language of clusters: placement constraints `memberOf` and the filter of
// ListContainerInstances (the developer guide's "cluster query language"). Pure.
//
//   attribute:stack == prod and not (runningTasksCount > 2 or task:group == service:web)
namespace drydock::control::instances {

struct Test;  // one node of a parsed expression

class Expression {
 public:
  // kInvalid says where and why. At most 2000 characters, 32 levels deep.
  static Result<Expression> parse(std::string_view text);

  // The values a subject ("attribute:stack", "runningTasksCount", "task:group") has on an instance:
  // none when it has no such attribute, one empty text for an attribute without a value.
  using Values = std::function<std::vector<std::string>(const std::string& subject)>;
  // An operator holds when it holds for one of the values; the negated ones (!=, !in, !~, !exists)
  // hold when their opposite does not, so also where there is no value.
  bool matches(const Values& values) const;

 private:
  std::shared_ptr<const Test> root_;
};

// How two values compare: as times, as numbers or versions ("1.9" before "1.105.1"), else as texts.
// Below zero, zero or above it.
int compare_values(const std::string& a, const std::string& b);

}  // namespace drydock::control::instances
