#pragma once
#include <string>

#include "base/json.h"
#include "taskdef/compose/place.h"

namespace drydock::taskdef::compose {

// What ecs-params.yml and a file of registry credentials say, as members of a task definition:
//   task      networkMode, taskRoleArn, executionRoleArn, pidMode, ipcMode, cpu, memory,
//             placementConstraints
//   services  {name: what read_service gives, and essential, secrets, firelensConfiguration,
//             repositoryCredentials, resourceRequirements}
//   volumes   {name: dockerVolumeConfiguration or efsVolumeConfiguration}
//   run       networkConfiguration, placementStrategy, placementConstraints
// in one object. kInvalid names the file and the line.
Result<Json> read_ecs_params(const SourceFile& file, const Options& options,
                             std::vector<Note>& notes);
// The same members of what `registry-creds up` wrote.
Result<Json> read_registry_credentials(const SourceFile& file, const Options& options,
                                       std::vector<Note>& notes);

}  // namespace drydock::taskdef::compose
