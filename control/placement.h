#pragma once
#include "base/json.h"
#include "taskdef/model.h"

namespace drydock::control {

// The failure that RunTask reports for a task that this machine does not take, null when it does:
// ATTRIBUTE for a privileged container, or one without a seccomp filter, unless the operator allows
// them.
Json not_placed(const taskdef::TaskDefinition& task, bool privileged_allowed);

}  // namespace drydock::control
