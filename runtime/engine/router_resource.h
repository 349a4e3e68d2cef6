#pragma once
#include <string>
#include <vector>

#include "runtime/bundle/mounts.h"
#include "runtime/engine/machine.h"

// What ECS prepares for a log router: its configuration file and the folder of its socket
// (firelens-and-lifecycle.md A4).
namespace drydock::runtime {

// Makes both. kInvalid has ECS' text: the task's ResourceInitializationError.
Status make_router_resource(const Machine& machine, const TaskSpec& spec);

// What `container` sees of it; nothing when it is not the task's router.
std::vector<BindMount> router_mounts(const Paths& paths, const TaskSpec& spec,
                                     std::size_t container);

}  // namespace drydock::runtime
