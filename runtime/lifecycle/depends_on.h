#pragma once
#include <optional>
#include <string>

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

// Whether `target` may be told to stop: everything that names it in dependsOn is STOPPED.
bool may_stop(const TaskState& state, std::size_t target);

// When the next startTimeout expires that somebody waits on; nothing when none runs.
std::optional<Time> next_start_timeout(const TaskState& state);

}  // namespace drydock::runtime::lifecycle
