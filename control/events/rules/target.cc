#include "control/events/rules/target.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::control::events {
namespace {

auto invalid(const std::string& message) { return refuse("ValidationException", message); }

// "$.detail.taskArn", "$.resources[0]", "$": what is there, or null. Bracketed names too.
const Json* at_path(const Json& event, std::string_view path) {
  if (!path.starts_with('$')) return nullptr;
  path.remove_prefix(1);
  const Json* at = &event;
  while (!path.empty() && at) {
    std::string_view name;
    if (path.starts_with("['")) {
      const auto end = path.find("']");
      if (end == path.npos) return nullptr;
      name = path.substr(2, end - 2);
      path.remove_prefix(end + 2);
    } else if (path.starts_with('[')) {
      const auto end = path.find(']');
      const std::string digits(path.substr(1, std::min(end, path.size()) - 1));
      if (end == path.npos || digits.empty() || digits.size() > 6 ||
          digits.find_first_not_of("0123456789") != digits.npos)
        return nullptr;
      const std::size_t n = std::stoul(digits);
      at = at->is_array() && n < at->size() ? &(*at)[n] : nullptr;
      path.remove_prefix(end + 1);
      continue;
    } else if (path.starts_with('.')) {
      const auto end = std::min(path.find_first_of(".[", 1), path.size());
      name = path.substr(1, end - 1);
      path.remove_prefix(end);
    } else {
      return nullptr;
    }
    const auto found = at->is_object() ? at->find(std::string(name)) : at->end();
    at = at->is_object() && found != at->end() ? &*found : nullptr;
  }
  return at;
}

std::string as_text(const Json& value, bool in_quotes) {
  if (!in_quotes) return dump_json(value);
  const std::string text = value.is_string() ? value.get<std::string>() : dump_json(value);
  const std::string quoted = dump_json(Json(text));
  return quoted.substr(1, quoted.size() - 2);
}

// `<name>` of a template stands for what InputPathsMap finds: as JSON, or as text inside of quotes.
std::string transformed(const Json& transformer, const Json& event, const std::string& rule_arn) {
  const std::string text = json_string(transformer, "InputTemplate");
  const Json* paths = json_find(transformer, "InputPathsMap");
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      out += text[i];
      out += text[++i];
      continue;
    }
    if (text[i] == '"') quoted = !quoted;
    const auto end = text[i] == '<' ? text.find('>', i) : text.npos;
    if (end == text.npos) {
      out += text[i];
      continue;
    }
    const std::string name = text.substr(i + 1, end - i - 1);
    Json value;
    if (name == "aws.events.rule-arn")
      value = rule_arn;
    else if (name == "aws.events.rule-name")
      value = rule_arn.substr(rule_arn.rfind('/') + 1);
    else if (name == "aws.events.event" || name == "aws.events.event.json")
      value = event;
    else if (name == "aws.events.event.ingestion-time")
      value = json_string(event, "time");
    else if (const Json* path = paths ? json_find(*paths, name) : nullptr;
             path && path->is_string())
      if (const Json* found = at_path(event, path->get<std::string>())) value = *found;
    if (!value.is_null()) out += as_text(value, quoted);
    i = end;
  }
  return out;
}

// {Subnets, SecurityGroups, AssignPublicIp}, as EventBridge writes them.
Json network_of(const Json& parameters) {
  const Json* network = json_find(parameters, "NetworkConfiguration");
  const Json* vpc = network ? json_find(*network, "awsvpcConfiguration") : nullptr;
  if (!vpc) return nullptr;
  Json out = Json::object();
  for (const auto& [from, to] :
       {std::pair{"Subnets", "subnets"}, std::pair{"SecurityGroups", "securityGroups"},
        std::pair{"AssignPublicIp", "assignPublicIp"}})
    if (const Json* value = json_find(*vpc, from)) out[to] = *value;
  return {{"awsvpcConfiguration", std::move(out)}};
}

}  // namespace

bool runs_tasks(const Json& target) {
  const std::string arn = json_string(target, "Arn");
  return arn.starts_with("arn:aws:ecs:") && arn.find(":cluster/") != arn.npos;
}

Answer<bool> check_target(const Json& target) {
  if (!target.is_object()) return invalid("Each of the Targets must be an object.");
  const std::string id = json_string(target, "Id"), arn = json_string(target, "Arn");
  if (id.empty() || id.size() > 64)
    return invalid("Each target needs an Id of 1 to 64 characters.");
  if (!arn.starts_with("arn:"))
    return invalid("Parameter " + arn +
                   " is not valid. Reason: Provided Arn is not in correct format.");
  const auto given = [&](const char* name) { return json_find(target, name) != nullptr; };
  if (given("Input") + given("InputPath") + given("InputTransformer") > 1)
    return invalid(
        "Only one of Input, InputPath, or InputTransformer must be provided for target " + id +
        ".");
  for (const char* name : {"Input", "InputPath"})
    if (given(name) && !target[name].is_string()) return invalid(std::string(name) + " is a text.");
  if (given("Input") && !parse_json(json_string(target, "Input")))
    return invalid("Input for target " + id + " is not valid JSON.");
  if (given("InputTransformer") &&
      (!target["InputTransformer"].is_object() ||
       json_string(target["InputTransformer"], "InputTemplate").empty()))
    return invalid("InputTransformer of target " + id + " has no InputTemplate.");
  if (!runs_tasks(target)) return true;
  const Json* ecs = json_find(target, "EcsParameters");
  if (!ecs || !ecs->is_object() || json_string(*ecs, "TaskDefinitionArn").empty())
    return invalid("EcsParameters with a TaskDefinitionArn must be given for target " + id + ".");
  const long long count = json_int(*ecs, "TaskCount", 1);
  if (count < 1 || count > 10)
    return invalid("TaskCount of target " + id + " must be from 1 to 10.");
  return true;
}

std::string target_input(const Json& target, const Json& event, const std::string& rule_arn) {
  if (const Json* input = json_find(target, "Input")) return input->get<std::string>();
  if (const Json* path = json_find(target, "InputPath")) {
    const Json* found = at_path(event, path->get<std::string>());
    return dump_json(found ? *found : Json());
  }
  if (const Json* transformer = json_find(target, "InputTransformer"))
    return transformed(*transformer, event, rule_arn);
  return dump_json(event);
}

Json run_request(const Json& target, const std::string& rule, const std::string& input) {
  const Json& ecs = target["EcsParameters"];
  Json out = {{"cluster", json_string(target, "Arn")},
              {"taskDefinition", json_string(ecs, "TaskDefinitionArn")},
              {"count", json_int(ecs, "TaskCount", 1)},
              {"startedBy", "events-rule/" + rule}};
  for (const auto& [from, to] :
       {std::pair{"LaunchType", "launchType"}, std::pair{"PlatformVersion", "platformVersion"},
        std::pair{"Group", "group"},
        std::pair{"CapacityProviderStrategy", "capacityProviderStrategy"},
        std::pair{"EnableECSManagedTags", "enableECSManagedTags"},
        std::pair{"EnableExecuteCommand", "enableExecuteCommand"},
        std::pair{"PlacementConstraints", "placementConstraints"},
        std::pair{"PlacementStrategy", "placementStrategy"},
        std::pair{"PropagateTags", "propagateTags"}, std::pair{"ReferenceId", "referenceId"}})
    if (const Json* value = json_find(ecs, from)) out[to] = *value;
  if (Json network = network_of(ecs); !network.is_null())
    out["networkConfiguration"] = std::move(network);
  if (const Json* tags = json_find(ecs, "Tags"); tags && tags->is_array()) {
    out["tags"] = Json::array();
    for (const Json& tag : *tags)
      out["tags"].push_back(
          {{"key", json_string(tag, "Key")}, {"value", json_string(tag, "Value")}});
  }
  const auto json = parse_json(input);
  if (!json || !json->is_object()) return out;
  Json overrides = Json::object();
  for (const char* name : {"containerOverrides", "cpu", "memory", "ephemeralStorage",
                           "executionRoleArn", "taskRoleArn", "inferenceAcceleratorOverrides"})
    if (const Json* value = json_find(*json, name)) overrides[name] = *value;
  if (!overrides.empty()) out["overrides"] = std::move(overrides);
  return out;
}

}  // namespace drydock::control::events
