#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "taskdef/problem.h"

// The Compose files of `ecs-cli local`: made from a task definition, and read back.
namespace drydock::taskdef::compose {

// Labels and variables that `ecs-cli local create` writes.
inline constexpr const char* kSourceType = "ecs-local.task-definition-input.type";
inline constexpr const char* kSourceValue = "ecs-local.task-definition-input.value";
inline constexpr const char* kSecretLabel = "ecs-local.secret.";

struct LocalSource {
  std::string type;       // "local" or "remote"
  std::string value;      // an absolute path, or the name as it was typed
  bool use_role = false;  // credentials of the task role instead of temporary keys
};

// The document of docker-compose.ecs-local.yml (Compose 3.4). `notes` gets what it has no place
// for.
Json local_compose(const Json& definition, const LocalSource& source, std::vector<Note>& notes);
// That of docker-compose.ecs-local.override.yml: the log driver json-file for every container.
Json local_override(const Json& definition);

// Where a definition that was converted from such a file came from; empty texts when it is no such
// file.
LocalSource local_source(const Json& request);
// Takes the ecs-cli's own variables out of a request that was converted from such a file, makes
// secrets of its labels again, and drops the notes about both.
void restore_local(Json& request, std::vector<Note>& notes);

}  // namespace drydock::taskdef::compose
