#pragma once
#include <vector>

#include "base/json.h"
#include "taskdef/compose/options.h"
#include "taskdef/problem.h"

namespace drydock::taskdef::compose {

// Lays Compose files over a task definition, service by service over the container of that name:
// variables, ports, mounts and the like by their names, a command whole. kInvalid names the file; a
// service that is no container of the definition is one.
Status apply_overrides(Json& definition, const std::vector<SourceFile>& files,
                       const Options& options, std::vector<Note>& notes);

}  // namespace drydock::taskdef::compose
