#include "control/services/scheduler.h"

#include <algorithm>
#include <set>

#include "control/services/events.h"
#include "control/services/task_sets.h"

namespace drydock::control::services {
namespace {

using Phase = TaskFacts::Phase;
using Health = TaskFacts::Health;

// In the order in which tasks are given up.
enum class Worth { kPending, kUnhealthy, kUnproven, kHealthy };

constexpr char kUnhealthyReason[] = "Task failed container health checks";
// What the health checks of containers and of load balancers say together; of a task that has any.
Health health_of(const TaskFacts& t) {
  const Health own = t.checked ? t.health : Health::kHealthy;
  const Health target = t.balanced ? t.target : Health::kHealthy;
  if (own == Health::kUnhealthy || target == Health::kUnhealthy) return Health::kUnhealthy;
  return own == target ? own : Health::kUnknown;
}
bool has_checks(const TaskFacts& t) { return t.checked || t.balanced; }

constexpr char kBreakerReason[] = "ECS deployment circuit breaker: tasks failed to start.";

class Scheduler {
 public:
  Scheduler(Service service, const std::vector<TaskFacts>& tasks, Time now,
            const SchedulerSettings& settings)
      : s_(std::move(service)), tasks_(tasks), now_(now), settings_(settings) {}

  Decision run() {
    take_in();
    if (s_.status == "DRAINING") {
      drain();
    } else if (s_.status == "ACTIVE" && !s_.deployments.empty()) {
      trip();
      if (!decision_.roll_back) plan();
    }
    decision_.service = std::move(s_);
    return std::move(decision_);
  }

 private:
  // What happened since it looked last.
  void take_in() {
    std::set<std::string> seen;
    for (const TaskFacts& t : tasks_) {
      seen.insert(t.id);
      auto at = s_.tasks.find(t.id);
      if (at == s_.tasks.end() && t.phase == Phase::kStopped) continue;
      if (at == s_.tasks.end()) at = s_.tasks.emplace(t.id, Mark::kNew).first;
      if (Deployment* d = deployment_of(t)) follow(*d, t, at->second);
      if (t.phase == Phase::kStopped) s_.tasks.erase(at);
    }
    std::erase_if(s_.tasks, [&](const auto& one) { return !seen.count(one.first); });
  }

  void follow(Deployment& d, const TaskFacts& t, Mark& mark) {
    if (mark == Mark::kNew && t.started_at) {
      mark = Mark::kRan;
      d.failed_rounds = 0;
      if (d.short_rounds == 0) d.not_before.reset();
      if (!has_checks(t)) succeed(d);
    }
    if (has_checks(t) && t.phase == Phase::kRunning && health_of(t) == Health::kHealthy) succeed(d);
    if (mark == Mark::kEnded || t.phase < Phase::kStopping) return;
    mark = Mark::kEnded;
    if (!t.by_itself) return;
    if (!t.started_at) {
      start_failed(d, now_, settings_);
      if (d.failed_rounds >= settings_.impaired_after) complain(s_, now_, kImpaired);
    } else if (t.stopping_at.value_or(now_) - *t.started_at < settings_.short_run) {
      run_was_short(d, now_, settings_);
    } else {
      d.short_rounds = 0;
    }
  }

  void succeed(Deployment& d) {
    if (d.succeeded) return;
    d.succeeded = true;
    d.failed_tasks = 0;
    if (&d == &s_.deployments.front()) calm(s_);
  }

  Deployment* deployment_of(const TaskFacts& t) {
    const auto at = std::find_if(s_.deployments.begin(), s_.deployments.end(),
                                 [&](const Deployment& d) { return d.id == t.deployment; });
    return at == s_.deployments.end() ? nullptr : &*at;
  }

  // The circuit breaker.
  void trip() {
    Deployment& primary = s_.deployments.front();
    if (!s_.history.empty() && !primary.rollback && !s_.history.front().finished_at)
      s_.history.front().failures = primary.failed_tasks;
    if (!breaker_trips(s_, settings_)) return;
    tell(s_, now_, "(deployment " + primary.id + ") deployment failed: tasks failed to start.");
    fail_deployment(s_, kBreakerReason, now_);
    if (!s_.history.empty()) s_.history.front().breaker_triggered = true;
    decision_.roll_back = s_.breaker_rollback && !primary.rollback && !s_.completed.empty();
  }

  // A deleted service.
  void drain() {
    std::vector<const TaskFacts*> all;
    bool any_left = false;
    for (const TaskFacts& t : tasks_) {
      any_left |= t.phase != Phase::kStopped;
      if (t.phase < Phase::kStopping) all.push_back(&t);
    }
    for (const TaskFacts* t : all) stop(*t, scaling_reason());
    tell_stopped();
    if (any_left) return;
    s_.status = "INACTIVE";
    s_.inactive_at = now_;
    s_.deployments.clear();
    s_.task_sets.clear();
    for (auto& one : s_.history)
      if (!one.finished_at) {
        one.status = "STOPPED";
        one.reason = "The service was deleted.";
        one.finished_at = one.stopped_at = one.updated_at = now_;
      }
  }

  // The deployment whose tasks are to run: the PRIMARY one, or the completed one that is still
  // there when that has failed.
  const Deployment* lead() const {
    const auto at =
        std::find_if(s_.deployments.begin(), s_.deployments.end(), [&](const Deployment& d) {
          return &d == &s_.deployments.front() ? d.state != RolloutState::kFailed
                                               : d.state == RolloutState::kCompleted;
        });
    return at == s_.deployments.end() ? nullptr : &*at;
  }

  void plan() {
    const Deployment* lead_now = lead();
    lead_ = lead_now ? lead_now->id : std::string();
    count();
    if (lead_now) {
      start_missing(*lead_now);
      stop_unhealthy();
      scale_in();
    }
    retire_others();
    tell_stopped();
    drop_finished();
    if (lead_now) conclude();
  }

  Worth worth(const TaskFacts& t) {
    if (t.phase == Phase::kPending) return Worth::kPending;
    const Time since = t.started_at.value_or(now_);
    if (!has_checks(t)) {
      if (now_ - since >= settings_.healthy_after) return Worth::kHealthy;
      wake(since + settings_.healthy_after);
      return Worth::kUnproven;
    }
    if (health_of(t) == Health::kHealthy) return Worth::kHealthy;
    if (health_of(t) == Health::kUnknown) return Worth::kUnproven;
    if (now_ - since >= s_.grace) return Worth::kUnhealthy;
    wake(since + s_.grace);
    return Worth::kUnproven;
  }

  struct Counted {
    const TaskFacts* task;
    Worth worth;
  };

  void count() {
    upper_ = static_cast<int>(static_cast<long long>(s_.desired) * s_.maximum_percent / 100);
    lower_ = static_cast<int>((static_cast<long long>(s_.desired) * s_.minimum_percent + 99) / 100);
    for (const TaskFacts& t : tasks_) {
      if (t.phase == Phase::kStopped) continue;
      ++total_;
      if (t.phase == Phase::kStopping) {
        ++stopping_;
        continue;
      }
      const Counted one{&t, worth(t)};
      healthy_ += one.worth == Worth::kHealthy;
      undecided_ += one.worth == Worth::kPending || one.worth == Worth::kUnproven;
      const bool mine = t.deployment == lead_ && !t.leaving;
      (mine ? mine_ : others_).push_back(one);
      useful_ += mine && one.worth != Worth::kUnhealthy;
      healthy_mine_ += mine && one.worth == Worth::kHealthy;
    }
  }

  void start_missing(const Deployment& d) {
    const int wanted = s_.desired - useful_;
    const int room = upper_ - total_;
    if (wanted <= 0 || room <= 0) return;
    if (d.not_before && *d.not_before > now_) {
      throttled_ = true;
      wake(*d.not_before);
      return;
    }
    decision_.deployment = d.id;
    decision_.start = std::min(wanted, room);
  }

  // Of the lead. When others are there already, or else one by one to make room for them.
  void stop_unhealthy() {
    std::vector<Counted> unhealthy;
    for (const Counted& c : mine_)
      if (c.worth == Worth::kUnhealthy && !is_protected(*c.task)) unhealthy.push_back(c);
    in_order(unhealthy, false);
    const bool replaced = healthy_mine_ >= s_.desired;
    const bool no_room = useful_ < s_.desired && upper_ <= total_ && stopping_ == 0;
    if (!replaced) unhealthy.resize(no_room ? std::min<std::size_t>(unhealthy.size(), 1) : 0);
    for (const Counted& c : unhealthy) {
      Deployment* d = deployment_of(*c.task);
      if (d && !d->succeeded) ++d->failed_tasks;
      const bool by_target = !c.task->target_problem.empty();
      tell(s_, now_,
           "(task " + c.task->id + ") " +
               (by_target ? c.task->target_problem : "failed container health checks."));
      stop(*c.task, by_target ? "Task failed ELB health checks in (target-group " +
                                    c.task->target_group + ")"
                              : kUnhealthyReason);
    }
  }

  void scale_in() {
    int surplus = useful_ - s_.desired;
    in_order(mine_, true);
    for (const Counted& c : mine_) {
      if (surplus <= 0) return;
      const bool counts = c.worth == Worth::kHealthy;
      if (c.worth == Worth::kUnhealthy || (counts && healthy_ - 1 < lower_)) continue;
      if (held_by_protection(*c.task)) continue;
      healthy_ -= counts;
      stop(*c.task, scaling_reason());
      --surplus;
    }
  }

  void retire_others() {
    in_order(others_, false);
    for (const Counted& c : others_) {
      const bool counts = c.worth == Worth::kHealthy && !lead_.empty();
      if (c.worth == Worth::kUnproven && !lead_.empty() && healthy_ < lower_) continue;
      if (counts && healthy_ - 1 < lower_) continue;
      if (held_by_protection(*c.task)) continue;
      healthy_ -= counts;
      stop(*c.task, scaling_reason());
    }
  }

  // By worth; among equals the newest first, or the oldest.
  static void in_order(std::vector<Counted>& tasks, bool newest_first) {
    std::stable_sort(tasks.begin(), tasks.end(), [&](const Counted& a, const Counted& b) {
      if (a.worth != b.worth) return a.worth < b.worth;
      if (a.task->created_at != b.task->created_at)
        return newest_first == (a.task->created_at > b.task->created_at);
      return a.task->id < b.task->id;
    });
  }

  bool is_protected(const TaskFacts& t) const {
    return t.protected_until && *t.protected_until > now_;
  }

  bool held_by_protection(const TaskFacts& t) {
    if (!is_protected(t)) return false;
    protected_ = true;
    wake(*t.protected_until);
    return true;
  }

  std::string scaling_reason() const {
    return s_.deployments.empty()
               ? "Scaling activity initiated by the service scheduler"
               : "Scaling activity initiated by (deployment " + s_.deployments.front().id + ")";
  }

  void stop(const TaskFacts& t, const std::string& reason) {
    decision_.stops.push_back({t.id, reason});
    s_.tasks[t.id] = Mark::kEnded;
  }

  void tell_stopped() {
    std::vector<std::string> ids;
    for (const Stop& one : decision_.stops) ids.push_back(one.task);
    if (!ids.empty()) tell(s_, now_, stopped_text(ids));
  }

  // Older deployments are listed until their last task is STOPPED.
  void drop_finished() {
    std::set<std::string> live;
    for (const TaskFacts& t : tasks_)
      if (t.phase != Phase::kStopped) live.insert(t.deployment);
    const std::string primary = s_.deployments.front().id;
    std::erase_if(s_.deployments, [&](const Deployment& d) {
      return d.id != primary && d.id != lead_ && !live.count(d.id);
    });
  }

  void conclude() {
    Deployment& primary = s_.deployments.front();
    const bool idle = decision_.start == 0 && decision_.stops.empty() && stopping_ == 0;
    const bool whole = healthy_mine_ == s_.desired &&
                       healthy_mine_ == static_cast<int>(mine_.size()) && others_.empty();
    if (idle && whole && primary.id == lead_ && s_.deployments.size() == 1) {
      if (primary.state == RolloutState::kInProgress) {
        primary.failed_tasks = 0;
        complete_deployment(s_, now_);
      }
      reach_steady_state();
      return;
    }
    s_.steady_at.reset();
    if (protected_)
      complain(s_, now_, protected_text(primary.id));
    else if (idle && undecided_ == 0 && !throttled_ && !others_.empty() && primary.id == lead_)
      complain(s_, now_, kHemmedIn);
  }

  void reach_steady_state() {
    if (!s_.steady_at || now_ - *s_.steady_at >= kSaidAgainAfter) {
      tell(s_, now_, kSteady);
      s_.steady_at = now_;
      calm(s_);
    }
    wake(*s_.steady_at + kSaidAgainAfter);
  }

  void wake(Time at) {
    if (at <= now_) return;
    decision_.next = decision_.next ? std::min(*decision_.next, at) : at;
  }

  Service s_;
  const std::vector<TaskFacts>& tasks_;
  const Time now_;
  const SchedulerSettings& settings_;
  Decision decision_;
  std::string lead_;
  int upper_ = 0, lower_ = 0;
  int total_ = 0, stopping_ = 0, healthy_ = 0, healthy_mine_ = 0, useful_ = 0, undecided_ = 0;
  bool throttled_ = false, protected_ = false;
  std::vector<Counted> mine_, others_;
};

}  // namespace

Decision schedule(Service service, const std::vector<TaskFacts>& tasks, Time now,
                  const SchedulerSettings& settings) {
  if (service.external && service.status == "ACTIVE")
    return schedule_task_sets(std::move(service), tasks, now, settings);
  return Scheduler(std::move(service), tasks, now, settings).run();
}

void note_started(Service& s, const std::vector<std::string>& tasks, Time now) {
  if (tasks.empty()) return;
  for (const auto& id : tasks) s.tasks[id] = Mark::kNew;
  tell(s, now, started_text(tasks));
}

void note_not_placed(Service& s, const std::string& deployment, const std::string& text, Time now,
                     const SchedulerSettings& settings) {
  if (Deployment* d = deployment_named(s, deployment)) start_failed(*d, now, settings);
  complain(s, now, text);
}

}  // namespace drydock::control::services
