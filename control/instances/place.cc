#include "control/instances/place.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::control::instances {
namespace {

constexpr std::string_view kAttribute = "attribute:";

// Lists of a request and of a definition come one after the other.
Answer<bool> add_constraints(const Json* list, std::vector<Constraint>& to) {
  if (!list) return true;
  constexpr std::size_t kMost = 10;  // api.md, part 10
  if (list->size() > kMost) return invalid_parameter("Maximum number of constraints is 10");
  for (const auto& one : *list) {
    const std::string type = json_string(one, "type");
    if (type != "distinctInstance" && type != "memberOf")
      return invalid_parameter(
          "Placement constraint type should be one of [distinctInstance,memberOf]");
    const std::string text = json_string(one, "expression");
    if (type == "distinctInstance") {
      if (!text.empty())
        return invalid_parameter(
            "The placement constraint distinctInstance takes no expression, and has '" + text +
            "'.");
      to.push_back({true, {}});
      continue;
    }
    auto expression = Expression::parse(text);
    if (!expression)
      return invalid_parameter(
          "The expression '" + text.substr(0, 200) +
          "' of the placement constraint memberOf is invalid: " + expression.error().message + ".");
    to.push_back({false, std::move(*expression)});
  }
  return true;
}

bool known_field(const std::string& type, const std::string& field) {
  if (type == "random") return field.empty();
  if (type == "binpack")
    return field == "cpu" || field == "memory" || field == "CPU" || field == "MEMORY";
  return field == "instanceId" || field == "host" ||
         (field.starts_with(kAttribute) && field.size() > kAttribute.size());
}

std::string spread_value(const Candidate& c, const std::string& field) {
  if (!field.starts_with(kAttribute)) return c.instance->arn;
  const auto values = values_of(c, field);
  return values.empty() ? std::string() : values.front();
}

int tasks_of(const Candidate& c, const std::string& group) {
  const auto at = c.usage.groups.find(group);
  return at == c.usage.groups.end() ? 0 : at->second;
}

// Less is better. A spread counts the group's tasks on all instances with that value.
int score(const Candidate& c, const std::vector<Candidate>& all, const std::string& group,
          const Strategy& strategy) {
  const Resources& has = c.instance->resources;
  if (strategy.type == "binpack")
    return strategy.field == "cpu" || strategy.field == "CPU" ? has.cpu - c.usage.cpu
                                                              : has.memory_mib - c.usage.memory_mib;
  if (strategy.type != "spread") return 0;
  const std::string value = spread_value(c, strategy.field);
  int tasks = 0;
  for (const Candidate& other : all)
    if (spread_value(other, strategy.field) == value) tasks += tasks_of(other, group);
  return tasks;
}

bool taken(const Candidate& c, const FixedPort& wanted) {
  const auto& reserved =
      wanted.protocol == "udp" ? c.instance->resources.udp_ports : c.instance->resources.ports;
  for (int n = wanted.first; n <= wanted.last; ++n)
    if (std::ranges::find(reserved, std::to_string(n)) != reserved.end()) return true;
  return std::ranges::any_of(c.usage.ports, [&](const FixedPort& t) {
    return t.protocol == wanted.protocol && wanted.first <= t.last && t.first <= wanted.last;
  });
}

std::string lacks(const char* what, int wanted, int left) {
  return "the task asks for " + std::to_string(wanted) + " " + what + ", and " +
         std::to_string(std::max(0, left)) + " are left";
}

}  // namespace

Answer<Rules> rules_of(const Json* constraints, const Json* strategies, const Json* of_definition) {
  Rules rules;
  DRYDOCK_TRY(add_constraints(constraints, rules.constraints));
  DRYDOCK_TRY(add_constraints(of_definition, rules.constraints));
  if (!strategies) return rules;
  if (strategies->size() > 5) return invalid_parameter("Maximum number of strategies is 5");
  for (const auto& one : *strategies) {
    Strategy s{json_string(one, "type"), json_string(one, "field")};
    if (s.type != "random" && s.type != "spread" && s.type != "binpack")
      return invalid_parameter("Placement strategy type should be one of [random,spread,binpack]");
    if (!known_field(s.type, s.field))
      return invalid_parameter(s.type + " field '" + s.field + "' is invalid");
    rules.strategies.push_back(std::move(s));
  }
  return rules;
}

std::vector<std::string> values_of(const Candidate& c, const std::string& subject) {
  const Instance& i = *c.instance;
  if (subject.starts_with(kAttribute)) {
    const Attributes all = all_attributes(i);
    const auto at = all.find(subject.substr(kAttribute.size()));
    if (at == all.end()) return {};
    return {at->second.value_or("")};
  }
  if (subject == "agentConnected") return {"true"};
  if (subject == "agentVersion") {
    const std::string version = json_string(*i.version_info, "agentVersion");
    return version.empty() ? std::vector<std::string>{} : std::vector{version};
  }
  if (subject == "ec2InstanceId") return {i.ec2_id};
  if (subject == "registeredAt") return {rfc3339_nano(i.registered_at)};
  if (subject == "runningTasksCount") return {std::to_string(c.usage.running)};
  std::vector<std::string> groups;  // task:group
  for (const auto& [group, tasks] : c.usage.groups) groups.push_back(group);
  return groups;
}

bool is_member(const Candidate& candidate, const Rules& rules) {
  return std::ranges::all_of(rules.constraints, [&](const Constraint& one) {
    return one.distinct || one.expression.matches([&](const std::string& subject) {
      return values_of(candidate, subject);
    });
  });
}

Failure refusal(const Candidate& c, const Need& need, const std::string& group,
                const Rules& rules) {
  const Instance& i = *c.instance;
  if (!is_member(c, rules)) return {i.arn, "MemberOf placement constraint unsatisfied.", {}};
  const bool distinct =
      std::ranges::any_of(rules.constraints, [](const auto& one) { return one.distinct; });
  if (distinct && tasks_of(c, group) > 0)
    return {i.arn, "DistinctInstance placement constraint unsatisfied.", {}};
  const int cpu = i.resources.cpu - c.usage.cpu;
  if (need.cpu > cpu) return {i.arn, "RESOURCE:CPU", lacks("CPU units", need.cpu, cpu)};
  const int memory = i.resources.memory_mib - c.usage.memory_mib;
  if (need.memory_mib > memory)
    return {i.arn, "RESOURCE:MEMORY", lacks("MiB of memory", need.memory_mib, memory)};
  for (const FixedPort& port : need.ports)
    if (taken(c, port))
      return {i.arn, "RESOURCE:PORTS",
              "host port " + std::to_string(port.first) + "/" + port.protocol + " is taken"};
  return {};
}

Place choose(const std::vector<Candidate>& candidates, const Need& need, const std::string& group,
             const Rules& rules) {
  Place place;
  std::vector<int> best;
  for (const Candidate& c : candidates) {
    if (Failure failure = refusal(c, need, group, rules); !failure.reason.empty()) {
      place.failures.push_back(std::move(failure));
      continue;
    }
    std::vector<int> scores;
    for (const Strategy& s : rules.strategies) scores.push_back(score(c, candidates, group, s));
    scores.push_back(c.usage.running + c.usage.pending);
    if (!place.instance.empty() && !(scores < best)) continue;
    best = std::move(scores);
    place.instance = c.instance->arn;
  }
  if (!place.instance.empty()) place.failures.clear();
  return place;
}

}  // namespace drydock::control::instances
