#pragma once
#include <vector>

#include "netns/network.h"
#include "runtime/engine/executor.h"
#include "runtime/task_spec.h"

namespace drydock::runtime {

// Which ports of each of a task's namespaces are to be reached at the host, in the order of the
// network plan. On a bridge what its containers map, at the host port that is mapped or at a
// dynamic one. With awsvpc what -p asks for, and, unless switched off, every other mapped port on
// 127.0.0.1 (decision 7). Pure.
std::vector<std::vector<netns::PublishWanted>> publish_plan(const TaskSpec& spec);
// Whether any port is.
bool publishes(const TaskSpec& spec);

// What of a task's network configuration is not as at AWS, a line each. Pure.
std::vector<std::string> network_notes(const TaskSpec& spec);

// Puts the published ports of each namespace beside the containers in it that map them. Pure.
void add_published(const TaskSpec& spec,
                   const std::vector<std::vector<netns::Published>>& published, TaskFacts& facts);

}  // namespace drydock::runtime
