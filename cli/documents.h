#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "taskdef/compose/options.h"

namespace drydock::cli {

// The text of a file, or of standard input for "-"; at most `limit` bytes. Errors name the file.
Result<std::string> read_document(const std::string& file, std::size_t limit);
// What there is to say of a file beside its task definition.
struct FileNotes {
  std::vector<std::string> lines;
  std::vector<taskdef::compose::PublishedPort> publish;
};
// A task definition as RegisterTaskDefinition takes it; also that which a Compose file makes, with
// the ecs-params.yml beside it. Errors name the file, with line and column for broken JSON.
Result<Json> read_task_definition(const std::string& file, FileNotes* notes = nullptr);
// A line for each member of a request that ECS does not know and leaves out: mostly a typing
// mistake.
std::vector<std::string> ignored_members(const std::string& file, const Json& request);
// The file to use when none was named: task-definition.json, taskdef.json,
// .aws/task-definition.json.
Result<std::string> default_task_definition();

}  // namespace drydock::cli
