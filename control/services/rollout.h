#pragma once
#include <string>

#include "control/services/service.h"

// How deployments begin, fail, are taken back and complete. Pure: each function turns a service
// into what it is afterwards; random names come from the caller.
namespace drydock::control::services {

// The numbers of api.md 5.3 and 5.4, in one place.
struct SchedulerSettings {
  // How long a task without health checks must run before it counts as healthy (AWS: about 40 s).
  Duration healthy_after = std::chrono::seconds(1);
  // Tasks that do not start are started again after 1 s, 2 s, 4 s ... (AWS: up to 15 minutes).
  Duration first_delay = std::chrono::seconds(1);
  Duration longest_delay = std::chrono::seconds(60);
  // Tasks that end before this although they ran are started again at once, then after 1 s, 2 s
  // ...: AWS does not throttle them, but starting one takes it half a minute.
  Duration short_run = std::chrono::seconds(10);
  Duration longest_short_delay = std::chrono::seconds(10);
  // So many rounds of failures bring the event "is unable to consistently start tasks".
  int impaired_after = 3;
  // The circuit breaker trips at half the desired count, within these bounds.
  int least_failures = 3;
  int most_failures = 200;
};

struct NewNames {
  std::string deployment;          // "ecs-svc/<19 digits>"
  std::string service_deployment;  // 21 characters
};

// Makes a deployment of `revision` PRIMARY; a roll-out that was under way ends with it.
void begin_deployment(Service& service, const NewNames& names, const std::string& revision,
                      Time now, const SchedulerSettings& settings);
// Takes the PRIMARY one back with a deployment of the last revision that completed; there must be
// one. `reason` becomes its rolloutStateReason.
void begin_rollback(Service& service, const std::string& deployment, const std::string& reason,
                    Time now);
// The PRIMARY one starts no more tasks.
void fail_deployment(Service& service, const std::string& reason, Time now);
// It has what it should have.
void complete_deployment(Service& service, Time now);

int breaker_threshold(int desired, const SchedulerSettings& settings);
// The circuit breaker's count has been reached by the PRIMARY one.
bool breaker_trips(const Service& service, const SchedulerSettings& settings);
std::string rollback_reason(const Service& service);

// What the end of a task, or a start that failed, means for the next starts of its deployment.
void start_failed(Deployment& deployment, Time now, const SchedulerSettings& settings);
void run_was_short(Deployment& deployment, Time now, const SchedulerSettings& settings);

}  // namespace drydock::control::services
