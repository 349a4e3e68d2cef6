#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/engine/machine.h"
#include "runtime/engine/task_secrets.h"
#include "runtime/lifecycle/state.h"

// Worker-thread side of starting a container: everything that must exist before its shim runs.
namespace drydock::runtime {

struct PrepareInput {
  std::shared_ptr<const TaskSpec> spec;
  std::size_t container = 0;
  std::vector<images::ImagePtr> images;  // of every container, in order; null where not pulled
  std::vector<NetworkView> networks;
  TaskSecretsPtr secrets;
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

// The files that containers of a task share (hosts, hostname, resolv.conf), its cgroup and its
// sandbox. Making them again is success.
Status prepare_task(const Machine& machine, const TaskSpec& spec,
                    const std::vector<NetworkView>& networks);

// The task's ephemeral storage, once. Gives back what runs differently here; empty: nothing.
std::string prepare_storage(const Machine& machine, const TaskSpec& spec);

// Mounts the root, resolves user and volumes, writes config.json, makes the bundle ready for a
// shim.
tl::expected<Prepared, PrepareError> prepare_container(const Machine& machine,
                                                       const PrepareInput& input);

}  // namespace drydock::runtime
