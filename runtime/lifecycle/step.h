#pragma once
#include <optional>

#include "runtime/lifecycle/state.h"

namespace drydock::runtime::lifecycle {

struct Step {
  TaskState state;
  Actions actions;
};

// The state in which a task begins: rules read from the definition, nothing done yet.
TaskState initial_state(const taskdef::TaskDefinition& definition, bool early_health);

// The one decision function of a task's life (decision 16): what the event means for the state, and
// what to do now.
Step step(TaskState state, const Event& event, Time now);

// When step must be called with Tick at the latest; nothing when no deadline runs.
std::optional<Time> next_deadline(const TaskState& state);

// Whether an event of that kind (its index in Event) can change a task of that status; otherwise
// step ignores it.
bool expects(TaskStatus status, std::size_t event_kind);

// The task's health from its containers' (firelens-and-lifecycle.md B8).
Health task_health(const TaskState& state);

}  // namespace drydock::runtime::lifecycle
