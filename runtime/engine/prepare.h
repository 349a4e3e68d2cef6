#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/engine/machine.h"
#include "runtime/lifecycle/state.h"

// Worker-thread side of starting a container: everything that must exist before its shim runs.
namespace drydock::runtime {

struct PrepareInput {
  std::shared_ptr<const TaskSpec> spec;
  std::size_t container = 0;
  std::vector<images::ImagePtr> images;  // of every container, in order; null where not pulled
  NetworkView network;
  bool again = false;  // a restart in place: root file system and config.json stay
};

struct Prepared {
  std::vector<std::string> notes;  // what runs differently here
  bool terminal = false;
  bool interactive = false;
};

// An error that already knows which ECS error it is.
struct PrepareError {
  lifecycle::StartError kind = lifecycle::StartError::kCreate;
  std::string message;
};

// The files all containers of a task share (hosts, hostname, resolv.conf), its cgroup, and
// network.json.
Status prepare_task(const Machine& machine, const TaskSpec& spec,
                    const netns::TaskNetwork& network);

// Mounts the root, resolves user and volumes, writes config.json, makes the bundle ready for a
// shim.
tl::expected<Prepared, PrepareError> prepare_container(const Machine& machine,
                                                       const PrepareInput& input);

// Writes what a task has of the network where a later daemon finds it.
Status remember_network(const Paths& paths, const std::string& task_id,
                        const netns::KnownSlot& slot);
// Where a task is to be in the network.
netns::TaskPlace place_of(const TaskSpec& spec);

}  // namespace drydock::runtime
