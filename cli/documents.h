#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace drydock::cli {

// The text of a file, or of standard input for "-"; at most `limit` bytes. Errors name the file.
Result<std::string> read_document(const std::string& file, std::size_t limit);
// A line for each member of a request that ECS does not know and leaves out: mostly a typing
// mistake.
std::vector<std::string> ignored_members(const std::string& file, const Json& request);
// The file to use when none was named: task-definition.json, taskdef.json,
// .aws/task-definition.json.
Result<std::string> default_task_definition();

}  // namespace drydock::cli
