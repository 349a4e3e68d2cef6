#pragma once
#include "runtime/lifecycle/state.h"

namespace drydock::runtime::lifecycle {

// A log router starts before the containers that log through it, and ends after them, unless it
// depends on something itself (firelens-and-lifecycle.md A8). Pure.
void add_router_dependencies(const taskdef::TaskDefinition& definition, TaskState& state);

}  // namespace drydock::runtime::lifecycle
