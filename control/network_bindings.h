#pragma once
#include "base/json.h"
#include "runtime/task_view.h"

namespace drydock::control {

// What DescribeTasks says of a container's ports (networkBindings): with mode bridge where each
// mapping is published, a range as one; with mode host the ports themselves; else none. Pure.
Json network_bindings(const taskdef::ContainerDefinition& container,
                      const runtime::ContainerView& view, const std::string& network_mode);

}  // namespace drydock::control
