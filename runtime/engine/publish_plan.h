#pragma once
#include <vector>

#include "netns/network.h"
#include "runtime/engine/executor.h"
#include "runtime/task_spec.h"

namespace drydock::runtime {

// Which ports of a task are to be reached at the host: what -p asks for, and, unless switched off,
// every other mapped port on 127.0.0.1 (decision 7). Ranges are spread out. Pure.
std::vector<netns::PublishWanted> publish_plan(const TaskSpec& spec);

// What of a task's network configuration is not as at AWS, a line each. Pure.
std::vector<std::string> network_notes(const TaskSpec& spec, const netns::TaskNetwork& network);

// Puts the published ports beside the containers that map them. Pure.
void add_published(const TaskSpec& spec, const std::vector<netns::Published>& published,
                   TaskFacts& facts);

}  // namespace drydock::runtime
