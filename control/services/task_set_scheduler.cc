#include <algorithm>
#include <cmath>
#include <set>

#include "control/services/task_sets.h"

namespace drydock::control::services {
namespace {

bool is_live(const TaskFacts& t) { return t.phase != TaskFacts::Phase::kStopped; }

// The service as the scheduler of deployments would have it if that task set were all of it.
Service only(const Service& s, const TaskSet& set, const std::vector<TaskFacts>& tasks) {
  Service one;
  one.name = s.name + ", taskSet " + set.deployment.id;  // as its events name it
  one.desired = computed_count(s, set);
  one.maximum_percent = s.maximum_percent;
  one.minimum_percent = s.minimum_percent;
  one.grace = s.grace;
  one.deployments = {set.deployment};
  one.deployments.front().state = RolloutState::kCompleted;  // there is nothing to roll out
  one.steady_at = set.steady_at;
  one.trouble = s.trouble;
  one.trouble_at = s.trouble_at;
  for (const TaskFacts& t : tasks)
    if (const auto mark = s.tasks.find(t.id); mark != s.tasks.end()) one.tasks.insert(*mark);
  return one;
}

class TaskSetScheduler {
 public:
  TaskSetScheduler(Service service, const std::vector<TaskFacts>& tasks, Time now,
                   const SchedulerSettings& settings)
      : s_(std::move(service)), tasks_(tasks), now_(now), settings_(settings) {}

  Decision run() {
    for (TaskSet& set : s_.task_sets) keep(set);
    stop_strays();
    std::erase_if(s_.task_sets, [&](const TaskSet& set) {
      return set.status == "DRAINING" && !live_.count(set.deployment.id);
    });
    s_.tasks = std::move(marks_);
    decision_.service = std::move(s_);
    return std::move(decision_);
  }

 private:
  void keep(TaskSet& set) {
    const std::string& id = set.deployment.id;
    std::vector<TaskFacts> own;
    for (const TaskFacts& t : tasks_)
      if (t.deployment == id) own.push_back(t);
    if (std::any_of(own.begin(), own.end(), is_live)) live_.insert(id);
    Decision one = schedule(only(s_, set, own), own, now_, settings_);
    Service& after = one.service;
    const bool was_steady = set.steady_at.has_value();
    set.deployment = std::move(after.deployments.front());
    set.steady_at = after.steady_at;
    if (set.steady_at.has_value() != was_steady) set.stability_at = now_;
    s_.trouble = after.trouble;
    s_.trouble_at = after.trouble_at;
    s_.events.insert(s_.events.begin(), after.events.begin(), after.events.end());
    if (s_.events.size() > kMostEvents) s_.events.resize(kMostEvents);
    marks_.merge(after.tasks);
    decision_.stops.insert(decision_.stops.end(), one.stops.begin(), one.stops.end());
    if (one.next) ask_again(*one.next);
    if (one.start == 0) return;
    if (decision_.start > 0) return ask_again(now_);
    decision_.deployment = id;
    decision_.start = one.start;
  }

  // Of a task set that is not there any more: started just before the daemon was killed.
  void stop_strays() {
    std::set<std::string> known;
    for (const TaskSet& set : s_.task_sets) known.insert(set.deployment.id);
    for (const TaskFacts& t : tasks_) {
      if (known.count(t.deployment) || !is_live(t)) continue;
      marks_[t.id] = Mark::kEnded;
      if (t.phase < TaskFacts::Phase::kStopping)
        decision_.stops.push_back(
            {t.id, "Scaling activity initiated by (deployment " + t.deployment + ")"});
    }
  }

  void ask_again(Time at) { decision_.next = decision_.next ? std::min(*decision_.next, at) : at; }

  Service s_;
  const std::vector<TaskFacts>& tasks_;
  const Time now_;
  const SchedulerSettings& settings_;
  Decision decision_;
  std::map<std::string, Mark> marks_;
  std::set<std::string> live_;  // sets that have tasks
};

}  // namespace

int computed_count(const Service& s, const TaskSet& set) {
  if (set.status == "DRAINING") return 0;
  constexpr double kRounding = 1e-9;  // 70 % of 10 is 7
  return static_cast<int>(std::ceil(s.desired * set.scale / 100 - kRounding));
}

Decision schedule_task_sets(Service service, const std::vector<TaskFacts>& tasks, Time now,
                            const SchedulerSettings& settings) {
  return TaskSetScheduler(std::move(service), tasks, now, settings).run();
}

}  // namespace drydock::control::services
