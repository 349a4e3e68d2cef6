#pragma once
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "runtime/bundle/mounts.h"
#include "runtime/engine/machine.h"

// Hosts of AWS that are here, for tasks with TaskSpec::firelens_local (docs/decisions/055).
namespace drydock::runtime {

// Points the task's resolver at this machine and makes the listener for what comes then; none for
// other tasks.
Result<UniqueFd> aws_listener(const Machine& machine, const TaskSpec& spec, int slot);

// The certificates that a container trusts beside those it has: a file that holds both, and the
// variables by which programs find it.
struct Trust {
  std::vector<BindMount> mounts;
  std::vector<std::string> environment;  // "NAME=value"
};
// Writes the file into the container's bundle. `root` is its root; `environment` what it gets so
// far. A variable that the definition sets stays as it is. Nothing for other tasks.
Result<Trust> make_trust(const Machine& machine, const TaskSpec& spec,
                         const taskdef::ContainerDefinition& container, int root,
                         const std::vector<taskdef::KeyValue>& environment);

}  // namespace drydock::runtime
