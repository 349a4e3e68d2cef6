// What rules do: events that meet them, schedules that come due.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/logging.h"
#include "control/events/rules/rules.h"
#include "control/events/rules/target.h"
#include "control/tasks.h"

namespace drydock::control {
namespace {

constexpr std::size_t kAtOnce = 200;
constexpr int kMostFired = 1000;  // by one move of the clock
// A sleeping machine stops the loop's timers, not the clock.
constexpr Duration kLongestWait = std::chrono::hours(1);
constexpr Duration kTooLate = std::chrono::minutes(5);

Json failed(const Json& target, const std::string& problem) {
  return {
      {"Id", json_string(target, "Id")}, {"Arn", json_string(target, "Arn")}, {"problem", problem}};
}

}  // namespace

bool Rules::any_pattern() const {
  return std::any_of(rules_.begin(), rules_.end(), [](const auto& one) {
    return one.second.parsed_pattern && one.second.enabled();
  });
}

void Rules::look() {
  posted_ = false;
  const Store::Hold one_transaction(store_);
  const auto slice = log_.after(met_, kAtOnce);
  if (!any_pattern()) {
    met_ = log_.last();
    return;
  }
  if (slice.missed > 0)
    log::warn("rules: " + std::to_string(slice.missed) +
              " events were dropped before they met any");
  for (const auto& event : slice.events) {
    meet(*event);
    met_ = event->sequence;
  }
  if (slice.events.empty()) {
    met_ = log_.last();
    return;
  }
  store_.put("event-follower", "rules", std::to_string(met_));
  posted_ = true;
  loop_.post([this] { look(); });
}

void Rules::catch_up() {
  // Not to the end: a rule may be met by what its own tasks do, and so on.
  const std::uint64_t until = log_.last();
  while (any_pattern() && met_ < until) look();
  if (!any_pattern()) met_ = until;
  store_.put("event-follower", "rules", std::to_string(met_));
}

void Rules::meet(const events::Logged& logged) {
  const auto event = parse_json(logged.line);
  if (!event) return;
  const std::string region = json_string(*event, "region");
  const std::string account = json_string(*event, "account");
  for (const auto& [arn, rule] : rules_)
    if (rule.enabled() && rule.parsed_pattern && rule.region == region && rule.account == account &&
        rule.parsed_pattern->matches(*event))
      last_[arn] = std::make_shared<const Json>(send(rule, *event));
}

Json Rules::send(const Rule& rule, const Json& event) {
  Json targets = Json::array();
  for (const Json& target : *rule.targets) {
    std::string input = events::target_input(target, event, rule.arn);
    Json outcome = {{"Id", json_string(target, "Id")}, {"Arn", json_string(target, "Arn")}};
    if (events::runs_tasks(target)) {
      outcome = run_tasks(rule, target, input);
    } else if (sender_) {
      const std::string name = rule.name + ", target " + json_string(target, "Id");
      sender_({rule.arn, rule.region, rule.account, std::make_shared<const Json>(target),
               std::move(input)},
              [name](const std::string& problem) {
                if (!problem.empty()) log::warn("rule " + name + ": " + problem);
              });
      outcome["sent"] = true;
    } else {
      outcome = failed(target,
                       "only ECS is here: nothing is sent to other services without the "
                       "setting `upstream.endpoint`");
    }
    if (const std::string problem = json_string(outcome, "problem"); !problem.empty())
      log::warn("rule " + rule.name + ", target " + json_string(target, "Id") + ": " + problem);
    targets.push_back(std::move(outcome));
  }
  return {{"at", events::event_time(now())}, {"targets", std::move(targets)}};
}

Json Rules::run_tasks(const Rule& rule, const Json& target, const std::string& input) {
  const auto answer = tasks_.run(Caller{rule.region, rule.account, {}},
                                 events::run_request(target, rule.name, input));
  if (!answer) return failed(target, answer.error().code + ": " + answer.error().message);
  Json out = {{"Id", json_string(target, "Id")}, {"Arn", json_string(target, "Arn")}};
  out["taskArns"] = Json::array();
  for (const Json& task : (*answer)["tasks"]) out["taskArns"].push_back(task["taskArn"]);
  const Json& failures = (*answer)["failures"];
  if (!failures.empty())
    out["problem"] = json_string(failures[0], "reason") + " " + json_string(failures[0], "detail");
  return out;
}

std::optional<Time> Rules::next_of(const Rule& rule, Time after) const {
  if (!rule.enabled() || !rule.parsed_schedule) return std::nullopt;
  return rule.parsed_schedule->next(std::max(after, rule.since), rule.since);
}

std::pair<std::vector<std::string>, std::optional<Time>> Rules::due_after(Time after) const {
  std::pair<std::vector<std::string>, std::optional<Time>> first;
  for (const auto& [arn, rule] : rules_) {
    const auto next = next_of(rule, after);
    if (!next || (first.second && *next > *first.second)) continue;
    if (!first.second || *next < *first.second) first = {{}, next};
    first.first.push_back(arn);
  }
  return first;
}

void Rules::plan() {
  timer_.cancel();
  const auto next = due_after(fired_).second;
  if (!next) return;
  const Duration left = std::clamp(*next - clock(), Duration{0}, kLongestWait);
  timer_ = loop_.after(left, [this] { fire_due(false); });
}

// Of what came due while the machine slept, little is left to do.
void Rules::fire_due(bool late_ones) {
  const Store::Hold one_transaction(store_);
  const Time until = clock();
  for (auto [arns, at] = due_after(fired_); at && *at <= until;
       std::tie(arns, at) = due_after(fired_)) {
    fired_ = *at;
    if (!late_ones && until - *at > kTooLate) continue;
    for (const std::string& arn : arns) fire(arn, *at);
  }
  fired_ = std::max(fired_, until);
  plan();
}

void Rules::fire(const std::string& arn, Time at) {
  const auto rule = rules_.find(arn);
  if (rule == rules_.end()) return;
  const auto event = parse_json(events::event_line(events::scheduled_event(rule->second, at)));
  if (event) last_[arn] = std::make_shared<const Json>(send(rule->second, *event));
}

Answer<Json> Rules::run_now(const Caller& caller, const std::string& name) {
  DRYDOCK_LET(const Rule* const rule, find(caller, {{"Name", name}}, "Name"));
  const std::string arn = rule->arn;
  const Store::Hold one_transaction(store_);
  fire(arn, now());
  return *last_[arn];
}

Answer<Json> Rules::advance(Duration by) {
  if (by < Duration{0}) return refuse("InvalidParameterException", "The clock only goes forward.");
  const Time until = clock() + by;
  int fired = 0;
  Time at = fired_;
  for (auto next = due_after(at); next.second && *next.second <= until; next = due_after(at)) {
    fired += static_cast<int>(next.first.size());
    at = *next.second;
    if (fired > kMostFired)
      return refuse("InvalidParameterException",
                    "Schedules would fire more than " + std::to_string(kMostFired) +
                        " times on the way: advance the clock by less.");
  }
  offset_ += by;
  fire_due(true);
  return Json{{"now", events::event_time(clock())}, {"fired", fired}};
}

Json Rules::local() const {
  Json list = Json::array();
  for (const auto& [arn, rule] : rules_) {
    Json one = {{"name", rule.name}, {"region", rule.region}, {"state", rule.state}};
    if (!rule.schedule.empty()) one["schedule"] = rule.schedule;
    if (const auto next = next_of(rule, fired_)) one["next"] = events::event_time(*next);
    if (const auto last = last_.find(arn); last != last_.end()) one["last"] = *last->second;
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace drydock::control
