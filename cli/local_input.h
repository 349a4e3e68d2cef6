#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/client.h"
#include "cli/ecs_log.h"
#include "cli/options.h"
#include "taskdef/compose/options.h"

// What `local create` and `local up` work on, and the files they write.
namespace drydock::cli {

inline constexpr const char* kLocalFile = "docker-compose.ecs-local.yml";
inline constexpr const char* kLocalDefinition = "task-definition.json";

// Two flags that exclude each other, with ecs-cli's words; its exit code is 1.
Status check_pairs(const LocalOptions& options);

enum class LocalKind { kFile, kRemote, kCompose };
// Which of the inputs counts, and its name: -f, -t, -c, then task-definition.json, then (only for
// `up`) docker-compose.ecs-local.yml. kNotFound names both.
struct LocalInput {
  LocalKind kind = LocalKind::kFile;
  std::string name;
};
Result<LocalInput> local_input(const LocalOptions& options);

// "foo.yml" -> "foo.override.yml".
std::string override_name(const std::string& file);
// The absolute path of a file.
std::string absolute(const std::string& file);

// Writes both Compose files of a definition. Asks on standard input before it overwrites one,
// unless forced; an override file that is there is kept. kBusy: the answer was no.
Status write_local_files(EcsLog& log, Session& session, const LocalOptions& options,
                         const LocalInput& input, const Json& definition);

// The override files that are there: that of `base`, if `with_default`, and those of --override;
// one that is missing is skipped with a warning.
Result<std::vector<taskdef::compose::SourceFile>> override_files(
    EcsLog& log, const std::string& base, bool with_default,
    const std::vector<std::string>& overrides);

}  // namespace drydock::cli
