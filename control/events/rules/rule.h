#pragma once
#include <memory>
#include <optional>
#include <string>

#include "control/answer.h"
#include "control/caller.h"
#include "control/events/documents.h"
#include "control/events/rules/pattern.h"
#include "control/events/rules/schedule.h"
#include "control/tags.h"

// A rule of EventBridge with its targets, as it is stored.
namespace drydock::control::events {

struct Rule {
  std::string name, arn, region, account;
  std::string pattern, schedule;  // texts; empty: none
  std::string state = "ENABLED";
  std::string description, role;
  Tags tags;
  std::shared_ptr<const Json> targets;  // a list in PutTargets' form, by Id
  Time since{};                         // it was made or enabled: a rate counts from here

  std::optional<EventPattern> parsed_pattern;
  std::optional<Schedule> parsed_schedule;
  bool enabled() const { return state != "DISABLED"; }
};

std::string rule_arn(const Caller& caller, const std::string& name);
// Reads the texts; EventBridge's refusal of one that is not valid.
Answer<bool> read_texts(Rule& rule);

// The stored form, and back; kInvalid when the text cannot be read.
std::string stored(const Rule& rule);
Result<Rule> rule_of(const std::string& text);

// As ListRules shows it; DescribeRule has CreatedBy, too.
Json rule_json(const Rule& rule);

// What a schedule sends to its targets.
Event scheduled_event(const Rule& rule, Time at);

}  // namespace drydock::control::events
