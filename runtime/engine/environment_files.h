#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/engine/machine.h"
#include "runtime/task_spec.h"

namespace drydock::runtime {

// The variables of a container's environmentFiles, as container_environment wants them. The error
// is what follows "ResourceInitializationError: ", and names the object.
Result<std::vector<taskdef::KeyValue>> environment_from_files(
    const Machine& machine, const TaskSpec& spec, const taskdef::ContainerDefinition& container);

// Whether every container of the task can have its files: none starts when another's are missing.
Status check_environment_files(const Machine& machine, const TaskSpec& spec);

}  // namespace drydock::runtime
