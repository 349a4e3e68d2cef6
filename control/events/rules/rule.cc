#include "control/events/rules/rule.h"

#include <nlohmann/json.hpp>

namespace drydock::control::events {
namespace {

constexpr std::pair<const char*, std::string Rule::*> kTexts[] = {
    {"name", &Rule::name},       {"arn", &Rule::arn},
    {"region", &Rule::region},   {"account", &Rule::account},
    {"pattern", &Rule::pattern}, {"schedule", &Rule::schedule},
    {"state", &Rule::state},     {"description", &Rule::description},
    {"role", &Rule::role}};

void put_text(Json& out, const char* key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}

}  // namespace

std::string rule_arn(const Caller& caller, const std::string& name) {
  return "arn:aws:events:" + caller.region + ":" + caller.account + ":rule/" + name;
}

Answer<bool> read_texts(Rule& rule) {
  if (!rule.pattern.empty()) {
    auto pattern = EventPattern::parse(rule.pattern);
    if (!pattern)
      return refuse("InvalidEventPatternException",
                    "Event pattern is not valid. Reason: " + pattern.error().message);
    rule.parsed_pattern = std::move(*pattern);
  }
  if (!rule.schedule.empty()) {
    auto schedule = Schedule::parse(rule.schedule);
    if (!schedule)
      return refuse("ValidationException", "Parameter ScheduleExpression is not valid. Reason: " +
                                               schedule.error().message + ".");
    rule.parsed_schedule = std::move(*schedule);
  }
  return true;
}

std::string stored(const Rule& rule) {
  Json out = Json::object();
  for (const auto& [name, member] : kTexts) out[name] = rule.*member;
  out["tags"] = rule.tags;
  out["targets"] = rule.targets ? *rule.targets : Json::array();
  out["since"] = rule.since.time_since_epoch().count();
  return dump_json(out);
}

Result<Rule> rule_of(const std::string& text) {
  DRYDOCK_LET(const Json json, parse_json(text));
  Rule rule;
  for (const auto& [name, member] : kTexts) rule.*member = json_string(json, name);
  if (const Json* tags = json_find(json, "tags"); tags && tags->is_object())
    for (const auto& [key, value] : tags->items())
      if (value.is_string()) rule.tags[key] = value.get<std::string>();
  const Json* targets = json_find(json, "targets");
  if (rule.arn.empty() || !targets || !targets->is_array())
    return fail(Errc::kInvalid, "it has no arn or no targets");
  rule.targets = std::make_shared<const Json>(*targets);
  rule.since = Time(Duration(json_int(json, "since")));
  if (const auto read = read_texts(rule); !read) return fail(Errc::kInvalid, read.error().message);
  return rule;
}

Json rule_json(const Rule& rule) {
  Json out = {{"Name", rule.name}, {"Arn", rule.arn}};
  put_text(out, "EventPattern", rule.pattern);
  put_text(out, "ScheduleExpression", rule.schedule);
  out["State"] = rule.state;
  put_text(out, "Description", rule.description);
  put_text(out, "RoleArn", rule.role);
  out["EventBusName"] = "default";
  return out;
}

Event scheduled_event(const Rule& rule, Time at) {
  return {uuid_of(rule.arn + " " + std::to_string(at.time_since_epoch().count())),
          at,
          "Scheduled Event",
          "aws.events",
          rule.region,
          rule.account,
          {rule.arn},
          nullptr,
          {}};
}

}  // namespace drydock::control::events
