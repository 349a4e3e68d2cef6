#pragma once
#include <optional>
#include <string>
#include <vector>

#include "netns/network.h"
#include "runtime/engine/paths.h"

// What a task has of the network, where a later daemon finds it.
namespace drydock::runtime {

// Writes it; a task without a namespace of its own has no slots. Atomic.
Status remember_network(const Paths& paths, const std::string& task_id,
                        const std::vector<netns::KnownSlot>& slots);
// In the order of its namespaces; none: nothing was written, or the machine was started again.
std::optional<std::vector<netns::KnownSlot>> remembered_network(const Paths& paths,
                                                                const std::string& task_id);

}  // namespace drydock::runtime
