#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"

namespace drydock::control::events {

// An event pattern of EventBridge: which events a rule is for. Exact values, prefix, suffix,
// anything-but, numeric, exists, equals-ignore-case, cidr, wildcard and $or. Pure.
class EventPattern {
 public:
  // kInvalid with what EventBridge says behind "Event pattern is not valid. Reason: ".
  static Result<EventPattern> parse(std::string_view text);
  // `event`: a JSON object in EventBridge's form.
  bool matches(const Json& event) const;

 private:
  explicit EventPattern(std::shared_ptr<const Json> pattern) : pattern_(std::move(pattern)) {}
  std::shared_ptr<const Json> pattern_;  // checked
};

}  // namespace drydock::control::events
