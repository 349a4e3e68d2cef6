#pragma once
#include <optional>

#include "base/json.h"
#include "control/answer.h"
#include "taskdef/model.h"
#include "volumes/plan.h"

namespace drydock::control {

// The EBS volume that a RunTask request's volumeConfigurations ask for, still without ids; nullopt
// when it asks for none. Pure.
Answer<std::optional<volumes::BlockVolume>> block_volume_of(
    const Json& request, const taskdef::TaskDefinition& definition);

// The attachment of a task with an EBS volume (api.md 3.4).
Json block_attachment(const volumes::BlockVolume& volume, const std::string& status);

// As the store keeps it, and back.
Json block_volume_json(const volumes::BlockVolume& volume);
volumes::BlockVolume block_volume_of_json(const Json& json);

}  // namespace drydock::control
