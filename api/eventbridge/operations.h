#pragma once
#include <string_view>
#include <vector>

#include "api/operation.h"

namespace drydock::api::eventbridge {

// One operation of EventBridge: a row in the table of its group's file.
struct EventsOperation {
  std::string_view required;  // members that must be there: "Rule Targets"
  Operation operation;
};

std::vector<EventsOperation> rule_operations();
std::vector<EventsOperation> target_operations();
std::vector<EventsOperation> event_operations();

}  // namespace drydock::api::eventbridge
