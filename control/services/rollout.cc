#include "control/services/rollout.h"

#include <algorithm>

#include "control/services/events.h"

namespace drydock::control::services {
namespace {

bool under_way(const ServiceDeployment& one) {
  return one.status == "IN_PROGRESS" || one.status == "ROLLBACK_IN_PROGRESS";
}

void end_history(ServiceDeployment& one, const char* status, const std::string& reason, Time now) {
  one.status = status;
  one.reason = reason;
  one.updated_at = now;
  one.finished_at = now;
  if (one.status == "STOPPED") one.stopped_at = now;
}

// Failures that come together are one round: the delay grows once for all of them.
void back_off(Deployment& d, int& rounds, Duration delay, Time now) {
  if (d.not_before && *d.not_before > now) return;
  ++rounds;
  d.not_before = now + delay;
}

Duration grown(Duration first, Duration longest, int times) {
  Duration delay = first;
  for (int i = 0; i < times && delay < longest; ++i) delay *= 2;
  return std::min(delay, longest);
}

// After a quiet time it is a new story.
bool forgotten(const Deployment& d, Time now, const SchedulerSettings& settings) {
  return d.not_before && now - *d.not_before > settings.longest_delay;
}

}  // namespace

void begin_deployment(Service& s, const NewNames& names, const std::string& revision, Time now,
                      const SchedulerSettings& settings) {
  ServiceDeployment told;
  told.id = names.service_deployment;
  told.deployment = names.deployment;
  told.target = revision;
  for (const auto& d : s.deployments)
    if (std::find(told.sources.begin(), told.sources.end(), d.revision) == told.sources.end())
      told.sources.push_back(d.revision);
  told.created_at = told.updated_at = now;
  told.breaker_enabled = s.breaker;
  told.threshold = breaker_threshold(s.desired, settings);
  if (!s.history.empty() && under_way(s.history.front()))
    end_history(s.history.front(), "STOPPED", "Replaced by deployment " + names.deployment + ".",
                now);
  s.history.insert(s.history.begin(), std::move(told));
  if (s.history.size() > kMostHistory) s.history.resize(kMostHistory);

  Deployment d;
  d.id = names.deployment;
  d.revision = revision;
  d.created_at = d.updated_at = now;
  d.reason = "ECS deployment " + d.id + " in progress.";
  s.deployments.insert(s.deployments.begin(), std::move(d));
  s.steady_at.reset();
  calm(s);
}

void begin_rollback(Service& s, const std::string& deployment, const std::string& reason,
                    Time now) {
  Deployment d;
  d.id = deployment;
  d.revision = s.completed;
  d.created_at = d.updated_at = now;
  d.reason = reason;
  d.rollback = true;
  s.deployments.insert(s.deployments.begin(), std::move(d));
  tell(s, now, "rolling back to deployment " + s.completed_deployment + ".");
  if (!s.history.empty()) {
    ServiceDeployment& told = s.history.front();
    told.deployment = deployment;
    told.status = "ROLLBACK_IN_PROGRESS";
    told.reason = told.rollback_reason = reason;
    told.rollback_revision = s.completed;
    told.rollback_at = told.updated_at = now;
    told.finished_at.reset();
    told.stopped_at.reset();
  }
  s.steady_at.reset();
  calm(s);
}

void fail_deployment(Service& s, const std::string& reason, Time now) {
  Deployment& d = s.deployments.front();
  d.state = RolloutState::kFailed;
  d.reason = reason;
  d.updated_at = now;
  d.not_before.reset();
  if (!s.history.empty() && under_way(s.history.front()))
    end_history(s.history.front(), d.rollback ? "ROLLBACK_FAILED" : "STOPPED", reason, now);
}

void complete_deployment(Service& s, Time now) {
  Deployment& d = s.deployments.front();
  d.state = RolloutState::kCompleted;
  d.reason = "ECS deployment " + d.id + " completed.";
  d.updated_at = now;
  s.completed = d.revision;
  s.completed_deployment = d.id;
  tell(s, now, "(deployment " + d.id + ") deployment completed.");
  if (!s.history.empty() && under_way(s.history.front()))
    end_history(s.history.front(), d.rollback ? "ROLLBACK_SUCCESSFUL" : "SUCCESSFUL", d.reason,
                now);
}

int breaker_threshold(int desired, const SchedulerSettings& settings) {
  return std::clamp((desired + 1) / 2, settings.least_failures, settings.most_failures);
}

bool breaker_trips(const Service& s, const SchedulerSettings& settings) {
  const Deployment& d = s.deployments.front();
  return s.breaker && d.state == RolloutState::kInProgress &&
         d.failed_tasks >= breaker_threshold(s.desired, settings);
}

std::string rollback_reason(const Service& s) {
  return "ECS deployment circuit breaker: rolling back to deploymentId " + s.completed_deployment +
         ".";
}

void start_failed(Deployment& d, Time now, const SchedulerSettings& settings) {
  if (!d.succeeded) ++d.failed_tasks;
  back_off(d, d.failed_rounds, grown(settings.first_delay, settings.longest_delay, d.failed_rounds),
           now);
}

void run_was_short(Deployment& d, Time now, const SchedulerSettings& settings) {
  if (forgotten(d, now, settings)) d.short_rounds = 0;
  const Duration delay =
      d.short_rounds == 0
          ? Duration{0}
          : grown(settings.first_delay, settings.longest_short_delay, d.short_rounds - 1);
  back_off(d, d.short_rounds, delay, now);
}

}  // namespace drydock::control::services
