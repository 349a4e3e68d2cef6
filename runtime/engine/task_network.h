#pragma once
#include <string>
#include <vector>

#include "runtime/engine/machine.h"
#include "runtime/engine/network_record.h"
#include "runtime/network_plan.h"
#include "runtime/task_spec.h"
#include "runtime/task_view.h"

// Worker-thread side of a task's networks: all of its namespaces or none.
namespace drydock::runtime {

// The networks of a task in the order of its plan, and what the daemon listens on for it.
struct TaskNetworks {
  std::vector<NetworkView> views;
  // For each namespace that was acquired, inside; an empty one for this machine's own network,
  // where one door serves all tasks.
  std::vector<UniqueFd> listeners;
  std::vector<UniqueFd> aws_listeners;  // for the hosts of AWS that are here (local_aws.h)
  std::vector<std::string> notes;
};
// All of them must be closed before a namespace is given back.
void close_listeners(TaskNetworks& networks);
// Takes and remembers them. The first error is told, and what was taken is given back.
Result<TaskNetworks> acquire_networks(const Machine& machine, const TaskSpec& spec);
// Those that an earlier daemon took. kNotFound when one of them is gone: the others are given back.
Result<TaskNetworks> reopen_networks(const Machine& machine, const TaskSpec& spec,
                                     const std::vector<netns::KnownSlot>& known);
Status release_networks(const Machine& machine, const TaskSpec& spec,
                        const std::vector<NetworkView>& views);

// What is published of one namespace.
using PublishedPorts = std::vector<std::vector<netns::Published>>;  // in the order of the plan
// Publishes what the plan says of each, and remembers it.
Result<PublishedPorts> publish_networks(const Machine& machine, const TaskSpec& spec,
                                        const std::vector<NetworkView>& views);

}  // namespace drydock::runtime
