#pragma once
#include "base/json.h"
#include "taskdef/model.h"
#include "taskdef/problem.h"

// The `overrides` of RunTask and StartTask.
namespace drydock::taskdef {

// The definition a task runs with: command replaced, environment merged by name, environmentFiles
// and resourceRequirements replaced, sizes and roles set. `fargate`: the task's launch type, so its
// size must be in the table. The problem is the API's answer: an unknown container, a size that
// doesn't exist, memory rules broken.
Checked<TaskDefinition> apply_overrides(const TaskDefinition& definition, const Json& overrides,
                                        bool fargate);

// The `overrides` DescribeTasks echoes: one entry for each container of the definition with at
// least its name.
Json overrides_document(const TaskDefinition& definition, const Json& overrides);

}  // namespace drydock::taskdef
