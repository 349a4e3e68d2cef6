#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "control/events/log.h"
#include "control/events/rules/rule.h"
#include "control/paging.h"

namespace drydock::control {

class Tasks;

// What a target outside of ECS is sent.
struct TargetCall {
  std::string rule_arn, region, account;
  std::shared_ptr<const Json> target;  // in PutTargets' form
  std::string input;                   // what it is sent
};

// The rules of EventBridge's bus `default`, in every account and region: PutRule to PutTargets, and
// what they do. Each event of the log meets the rules once, also when the daemon was killed in
// between: how far they got is committed with the tasks they run. Loop thread only; requests are
// shape-checked JSON.
class Rules {
 public:
  // Delivers to a target that is not here; calls `done` on the loop's thread, empty when it went
  // well.
  using Sender = std::function<void(TargetCall, std::function<void(std::string problem)> done)>;

  Rules(Loop& loop, Store& store, events::EventLog& log, Tasks& tasks);
  ~Rules();
  Status restore();  // after the log
  // Without one, such targets fail with a text that names the setting.
  void send_by(Sender sender) { sender_ = std::move(sender); }

  Answer<Json> put(const Caller& caller, const Json& request);
  Answer<Json> describe(const Caller& caller, const Json& request) const;
  Answer<Json> list(const Caller& caller, const Json& request) const;
  Answer<Json> set_state(const Caller& caller, const Json& request, const std::string& state);
  Answer<Json> remove(const Caller& caller, const Json& request);
  Answer<Json> put_targets(const Caller& caller, const Json& request);
  Answer<Json> list_targets(const Caller& caller, const Json& request) const;
  Answer<Json> names_by_target(const Caller& caller, const Json& request) const;
  Answer<Json> remove_targets(const Caller& caller, const Json& request);
  Answer<Json> tags(const Json& request) const;
  Answer<Json> tag(const Json& request);
  Answer<Json> untag(const Json& request);

  // Sends a rule's targets the event of a schedule now, whatever its state: {"targets": [{"Id",
  // "Arn", "taskArns"?, "problem"?}]}.
  Answer<Json> run_now(const Caller& caller, const std::string& name);
  // Moves the clock that schedules go by, and fires what comes due on the way; {"now", "fired": n}.
  Answer<Json> advance(Duration by);
  // All rules, for people: [{"name", "region", "state", "schedule"?, "next"?, "last"?}].
  Json local() const;

  void forget_all();  // reset: memory only

 private:
  using Rule = events::Rule;
  Answer<const Rule*> find(const Caller& caller, const Json& request, const char* member) const;
  void keep(Rule rule);
  void catch_up();  // a rule is about to change: what came before is not for it

  // rules_run.cc
  void look();
  void meet(const events::Logged& event);
  Json send(const Rule& rule, const Json& event);
  Json run_tasks(const Rule& rule, const Json& target, const std::string& input);
  bool any_pattern() const;
  Time clock() const { return now() + offset_; }
  std::optional<Time> next_of(const Rule& rule, Time after) const;
  // The rules that are due first behind `after`, and when.
  std::pair<std::vector<std::string>, std::optional<Time>> due_after(Time after) const;
  void plan();
  void fire_due(bool late_ones);
  void fire(const std::string& arn, Time at);

  Loop& loop_;
  Store& store_;
  events::EventLog& log_;
  Tasks& tasks_;
  Sender sender_;
  std::map<std::string, Rule> rules_;                        // by ARN
  std::map<std::string, std::shared_ptr<const Json>> last_;  // what came of each, by ARN
  std::uint64_t met_ = 0;  // the sequence up to which events met the rules
  bool posted_ = false;
  Duration offset_{0};  // of the schedules' clock
  Time fired_{};        // schedules have fired up to here, by that clock
  Loop::Handle timer_;
  int watch_ = 0;
};

}  // namespace drydock::control
