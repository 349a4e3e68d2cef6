#include <nlohmann/json.hpp>

#include "api/eventbridge/operations.h"

// Rules, and their tags.
namespace drydock::api::eventbridge {
namespace {

using control::Caller;
using control::Control;

}  // namespace

std::vector<EventsOperation> rule_operations() {
  return {
      {"Name",
       {"PutRule",
        "Name: str, ScheduleExpression: str, EventPattern: str, State: enum RuleState, "
        "Description: str, RoleArn: str, Tags: [AwsTag], EventBusName: str",
        true, [](Control& c, const Caller& who, const Json& in) { return c.rules.put(who, in); }}},
      {"Name",
       {"DescribeRule", "Name: str, EventBusName: str", false,
        [](Control& c, const Caller& who, const Json& in) { return c.rules.describe(who, in); }}},
      {"",
       {"ListRules", "NamePrefix: str, EventBusName: str, NextToken: str, Limit: int", false,
        [](Control& c, const Caller& who, const Json& in) { return c.rules.list(who, in); }}},
      {"Name",
       {"EnableRule", "Name: str, EventBusName: str", true,
        [](Control& c, const Caller& who, const Json& in) {
          return c.rules.set_state(who, in, "ENABLED");
        }}},
      {"Name",
       {"DisableRule", "Name: str, EventBusName: str", true,
        [](Control& c, const Caller& who, const Json& in) {
          return c.rules.set_state(who, in, "DISABLED");
        }}},
      {"Name",
       {"DeleteRule", "Name: str, EventBusName: str, Force: bool", true,
        [](Control& c, const Caller& who, const Json& in) { return c.rules.remove(who, in); }}},
      {"ResourceARN Tags",
       {"TagResource", "ResourceARN: str, Tags: [AwsTag]", true,
        [](Control& c, const Caller&, const Json& in) { return c.rules.tag(in); }}},
      {"ResourceARN TagKeys",
       {"UntagResource", "ResourceARN: str, TagKeys: [str]", true,
        [](Control& c, const Caller&, const Json& in) { return c.rules.untag(in); }}},
      {"ResourceARN",
       {"ListTagsForResource", "ResourceARN: str", false,
        [](Control& c, const Caller&, const Json& in) { return c.rules.tags(in); }}},
  };
}

}  // namespace drydock::api::eventbridge
