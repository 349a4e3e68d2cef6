#pragma once
#include "runtime/bundle/spec.h"
#include "runtime/cgroup.h"
#include "taskdef/model.h"

namespace drydock::runtime {

// What a task's control group gets: what the task asks for, at most what this machine has. Pure.
TaskLimits task_limits(const taskdef::TaskDefinition& task, const HostLimits& host);

}  // namespace drydock::runtime
