#pragma once
#include "base/json.h"
#include "taskdef/model.h"
#include "taskdef/problem.h"

// The `overrides` of RunTask and StartTask.
namespace drydock::taskdef {

// What RunTask answers to overrides of the registered `document`: an unknown container, too much
// text, a size that doesn't exist, a rule of registration that the result breaks. `fargate`: the
// task's launch type.
Checked<void> check_overrides(const Json& document, const Json& overrides, bool fargate);

// The document as the task runs with it: command replaced, environment merged by name,
// environmentFiles and resourceRequirements replaced, sizes, storage and roles set. Never fails;
// meant for what passed check_overrides.
Json with_overrides(const Json& document, const Json& overrides);

// The `overrides` DescribeTasks echoes: one entry for each container of the definition with at
// least its name.
Json overrides_document(const TaskDefinition& definition, const Json& overrides);

}  // namespace drydock::taskdef
