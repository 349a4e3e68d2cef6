#pragma once
#include <string>

#include "base/json.h"
#include "control/answer.h"

// Targets of rules, in PutTargets' form. Pure.
namespace drydock::control::events {

// What PutTargets refuses of one target, in EventBridge's words where they are known: the request
// fails as a whole.
Answer<bool> check_target(const Json& target);

// Whether it runs tasks: an ECS cluster.
bool runs_tasks(const Json& target);
// What the target is sent for an event (a JSON object): the event, or what Input, InputPath or
// InputTransformer make of it.
std::string target_input(const Json& target, const Json& event, const std::string& rule_arn);
// RunTask of a target with EcsParameters; the members of `input` that TaskOverride has are the
// overrides.
Json run_request(const Json& target, const std::string& rule, const std::string& input);

}  // namespace drydock::control::events
