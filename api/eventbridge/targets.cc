#include <nlohmann/json.hpp>

#include "api/eventbridge/operations.h"

// Targets of rules.
namespace drydock::api::eventbridge {
namespace {

using control::Caller;
using control::Control;

}  // namespace

std::vector<EventsOperation> target_operations() {
  return {
      {"Rule Targets",
       {"PutTargets", "Rule: str, EventBusName: str, Targets: [EventsTarget]", true,
        [](Control& c, const Caller& who, const Json& in) {
          return c.rules.put_targets(who, in);
        }}},
      {"Rule",
       {"ListTargetsByRule", "Rule: str, EventBusName: str, NextToken: str, Limit: int", false,
        [](Control& c, const Caller& who, const Json& in) {
          return c.rules.list_targets(who, in);
        }}},
      {"TargetArn",
       {"ListRuleNamesByTarget", "TargetArn: str, EventBusName: str, NextToken: str, Limit: int",
        false,
        [](Control& c, const Caller& who, const Json& in) {
          return c.rules.names_by_target(who, in);
        }}},
      {"Rule Ids",
       {"RemoveTargets", "Rule: str, EventBusName: str, Ids: [str], Force: bool", true,
        [](Control& c, const Caller& who, const Json& in) {
          return c.rules.remove_targets(who, in);
        }}},
  };
}

}  // namespace drydock::api::eventbridge
