#pragma once
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "control/services/scheduler.h"

// A service, its tasks and a clock: tests say what becomes of the tasks, the scheduler decides the
// rest.
namespace drydock::control::services::testing {

using Phase = TaskFacts::Phase;
using Health = TaskFacts::Health;
using namespace std::chrono_literals;

class World {
 public:
  explicit World(int desired = 2) {
    service.name = "web";
    service.arn = "arn:web";
    service.settings = std::make_shared<const Json>(Json::object());
    service.desired = desired;
    deploy("rev-1");
  }

  void deploy(const std::string& revision) {
    const std::string n = std::to_string(++named_);
    begin_deployment(service, {"ecs-svc/" + n, "sd-" + n}, revision, now, settings);
  }

  // Asks the scheduler until it has nothing more to do now, and does what it says.
  void look() {
    for (int i = 0; i < 50; ++i) {
      Decision d = schedule(service, facts(), now, settings);
      if (check) check(d);
      service = d.service;
      next = d.next;
      for (const Stop& one : d.stops) {
        TaskFacts& t = tasks.at(one.task);
        EXPECT_LT(t.phase, Phase::kStopping) << one.task;
        t.phase = Phase::kStopping;
        t.stopping_at = now;
        reasons[one.task] = one.reason;
      }
      std::vector<std::string> started;
      for (int k = 0; k < d.start; ++k) started.push_back(add(d.deployment));
      note_started(service, started, now);
      if (d.roll_back)
        begin_rollback(service, "ecs-svc/" + std::to_string(++named_), rollback_reason(service),
                       now);
      if (d.stops.empty() && d.start == 0 && !d.roll_back) return;
    }
    ADD_FAILURE() << "the scheduler does not come to rest";
  }

  std::string add(const std::string& deployment) {
    TaskFacts t;
    t.id = "t" + std::to_string(tasks.size() + 1);
    t.deployment = deployment;
    t.created_at = now + Duration(tasks.size());
    t.checked = checked;
    tasks[t.id] = t;
    return t.id;
  }
  void run(const std::string& id) {
    tasks.at(id).phase = Phase::kRunning;
    tasks.at(id).started_at = now;
  }
  void end(const std::string& id) {
    tasks.at(id).phase = Phase::kStopped;
    tasks.at(id).by_itself = true;
    tasks.at(id).stopping_at = now;
  }
  // Stopping tasks end, pending ones run, and time passes until they count.
  void settle(int rounds = 30) {
    for (int i = 0; i < rounds; ++i) {
      for (auto& [id, t] : tasks) {
        if (t.phase == Phase::kStopping) t.phase = Phase::kStopped;
        if (t.phase == Phase::kPending) run(id);
        if (t.phase == Phase::kRunning && t.checked) t.health = Health::kHealthy;
      }
      now += 2s;
      look();
    }
  }
  std::vector<std::string> in(Phase phase, const std::string& deployment = "") const {
    std::vector<std::string> ids;
    for (const auto& [id, t] : tasks)
      if (t.phase == phase && (deployment.empty() || t.deployment == deployment)) ids.push_back(id);
    return ids;
  }
  std::size_t alive() const { return in(Phase::kPending).size() + in(Phase::kRunning).size(); }
  const Deployment& primary() const { return service.deployments.front(); }
  std::string newest_event() const {
    return service.events.empty() ? "" : service.events.front().message;
  }
  int events(const std::string& part) const {
    int n = 0;
    for (const auto& e : service.events) n += e.message.find(part) != std::string::npos;
    return n;
  }
  std::vector<TaskFacts> facts() const {
    std::vector<TaskFacts> all;
    for (const auto& [id, t] : tasks) all.push_back(t);
    return all;
  }

  Service service;
  SchedulerSettings settings;
  std::map<std::string, TaskFacts> tasks;
  std::map<std::string, std::string> reasons;
  Time now = Time(std::chrono::hours(500000));
  std::optional<Time> next;
  bool checked = false;
  std::function<void(const Decision&)> check;

 private:
  int named_ = 0;
};

}  // namespace drydock::control::services::testing
