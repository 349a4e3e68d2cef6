#pragma once
#include <optional>
#include <string>
#include <vector>

#include "control/services/rollout.h"
#include "control/services/service.h"

// All decisions about the tasks of a service, in one pure function, as runtime/lifecycle/step.h is
// for a task (api.md part 5; docs/decisions/080).
namespace drydock::control::services {

// What the scheduler knows of one task of a service.
struct TaskFacts {
  enum class Phase { kPending, kRunning, kStopping, kStopped };
  enum class Health { kUnknown, kHealthy, kUnhealthy };
  std::string id;
  std::string deployment;
  Phase phase = Phase::kPending;  // kStopping: it is to stop, whatever it does yet
  Time created_at{};
  std::optional<Time> started_at;            // RUNNING since; set when it ever ran
  std::optional<Time> stopping_at;           // asked to stop, or ended
  bool by_itself = false;                    // it failed or ended; nobody stopped it
  bool checked = false;                      // essential containers have health checks
  Health health = Health::kUnknown;          // what these say
  bool balanced = false;                     // it is a target of load balancers
  Health target = Health::kUnknown;          // what these say, the worst of them
  std::string target_group, target_problem;  // of an unhealthy target: for a reason and an event
  std::optional<Time> protected_until;
  bool leaving = false;  // its container instance takes no tasks any more: it is to be replaced
};

struct Stop {
  std::string task;
  std::string reason;  // stoppedReason
};

struct Decision {
  Service service;         // as it is now
  std::string deployment;  // what to start tasks of
  int start = 0;           // how many
  std::vector<Stop> stops;
  bool roll_back = false;    // begin_rollback(), then ask again
  std::optional<Time> next;  // ask again then, whatever happens; none: only after a change
};

// The rules:
//   tasks of all deployments never get above floor(desired * maximumPercent / 100) by a start;
//   stopping ones count, too
//   healthy ones are not stopped below ceil(desired * minimumHealthyPercent / 100)
//   a protected task is never chosen, unless the service is deleted
//   what is to go is chosen in this order: tasks that do not run yet, that are unhealthy, that
//   were not found healthy yet, healthy ones. Of equals, a service that is scaled in keeps its
//   oldest tasks; of an older deployment the oldest tasks go first
//   an unhealthy task is stopped when others have taken its place; at once, one at a time, when
//   maximumPercent leaves no room for these
Decision schedule(Service service, const std::vector<TaskFacts>& tasks, Time now,
                  const SchedulerSettings& settings);

// After the keeper carried out a start: the ids of the new tasks,
void note_started(Service& service, const std::vector<std::string>& tasks, Time now);
// or why one could not be placed (events.h, not_placed_text).
void note_not_placed(Service& service, const std::string& deployment, const std::string& text,
                     Time now, const SchedulerSettings& settings);

}  // namespace drydock::control::services
