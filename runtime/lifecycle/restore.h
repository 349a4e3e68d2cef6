#pragma once
#include "runtime/lifecycle/step.h"

// A task's state after the daemon was away: what was stored, corrected by what is found (decision
// 18, 20). Pure.
namespace drydock::runtime::lifecycle {

// What is found of one container on this machine.
struct Found {
  std::optional<ContainerStarted> started;  // its started.json
  std::optional<ContainerExited> exited;    // its exit.json, or code 255 when its shim was lost
  std::optional<StartFailed> failed;        // the runtime refused
  bool shim_alive = false;
};

// The stored view as a state; `network_found` tells that its namespace still exists.
TaskState restored_state(const taskdef::TaskDefinition& definition, const TaskView& stored,
                         bool early_health, bool network_found, const std::vector<Found>& found,
                         Time now);

// What to do again after restored_state: work that was under way when the daemon ended.
Actions resume_actions(const TaskState& state, const std::vector<Found>& found);

}  // namespace drydock::runtime::lifecycle
