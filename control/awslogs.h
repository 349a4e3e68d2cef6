#pragma once
#include <optional>
#include <string>

#include "base/result.h"
#include "logrouter/awslogs.h"
#include "runtime/task_spec.h"

namespace drydock::control {

using logrouter::AwsLogs;

// nullopt when the container has another log driver, or none. Pure.
std::optional<AwsLogs> awslogs_of(const runtime::TaskSpec& spec,
                                  const taskdef::ContainerDefinition& container);
// The AWS driver's own check of its options, when the container starts. Pure.
Status check_awslogs(const taskdef::ContainerDefinition& container);

}  // namespace drydock::control
