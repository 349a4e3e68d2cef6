#pragma once
#include <string>

#include "control/task_document.h"

namespace drydock::control {

// The ExecuteCommandAgent that ECS puts into each container of a task that was run with
// enableExecuteCommand: PENDING, RUNNING or STOPPED; empty without it. It needs a root file system
// that can be written to.
std::string exec_agent_status(const TaskRecord& record,
                              const taskdef::ContainerDefinition& container,
                              const runtime::ContainerView* view);

// `managedAgents` of a container in DescribeTasks.
Json managed_agents(const TaskRecord& record, const taskdef::ContainerDefinition& container,
                    const runtime::ContainerView* view);

}  // namespace drydock::control
