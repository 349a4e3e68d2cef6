#pragma once
#include "runtime/engine/machine.h"
#include "runtime/task_spec.h"

// What the containers of one task share beside its network: the namespaces of pidMode and ipcMode
// `task`, made and kept by drydock-shim (shim/hold_call.h).
namespace drydock::runtime {

// Whether a task has such a sandbox.
bool has_sandbox(const taskdef::TaskDefinition& task);

// Makes it; one that is whole already stays, what is left of another goes. The task's control group
// must be there.
Status make_sandbox(const Machine& machine, const TaskSpec& spec);

// Puts the task's namespaces and /dev/shm into a container's placement.
void place_in_sandbox(const Paths& paths, const TaskSpec& spec, Placement& placement);

// Unmounts it. Its process ends with the task's control group. Absent is success.
Status drop_sandbox(const Paths& paths, const std::string& task_id);

}  // namespace drydock::runtime
