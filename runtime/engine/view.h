#pragma once
#include "runtime/engine/executor.h"
#include "runtime/lifecycle/state.h"

namespace drydock::runtime {

// The view of a task: what was decided (state) beside what was found (facts). Pure.
TaskView task_view(std::shared_ptr<const TaskSpec> spec, const lifecycle::TaskState& state,
                   const TaskFacts& facts);

}  // namespace drydock::runtime
