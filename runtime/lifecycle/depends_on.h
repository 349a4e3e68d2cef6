#pragma once
#include <optional>
#include <string>
#include <vector>

#include "runtime/lifecycle/state.h"

// Who may start, and who may be stopped (firelens-and-lifecycle.md B4, B6). Pure.
namespace drydock::runtime::lifecycle {

enum class Readiness { kReady, kBlocked, kNever };

struct Verdict {
  Readiness readiness = Readiness::kReady;
  std::string why;  // for kNever: the container's reason without the error's name
};

// Whether container `target`, not yet started, may start now.
Verdict readiness(const TaskState& state, std::size_t target, Time now);

// Which containers wait for one to be HEALTHY that is UNHEALTHY, a line each: it may recover, so
// they wait on, but somebody should know.
std::vector<std::string> waits_for_unhealthy(const TaskState& state);

// Whether `target` may be told to stop: everything that names it in dependsOn is STOPPED.
bool may_stop(const TaskState& state, std::size_t target);

// Whether containers wait for one another so that none of them can ever be the first. Registration
// refuses what a definition says; what is implied (volumesFrom, a log router) can close a circle.
bool depends_in_a_circle(const TaskState& state);

// When the next startTimeout expires that somebody waits on; nothing when none runs.
std::optional<Time> next_start_timeout(const TaskState& state);

}  // namespace drydock::runtime::lifecycle
