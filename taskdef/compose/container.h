#pragma once
#include <string>

#include "base/json.h"
#include "taskdef/compose/place.h"

namespace drydock::taskdef::compose {

// A service that is complete (read_service, merged, ecs-params.yml laid over) as a container
// definition; all but its mounts and ports, which depend on the whole task. Reads env_file.
Result<Json> container_definition(const Context& context, const std::string& name,
                                  const Json& service);

}  // namespace drydock::taskdef::compose
