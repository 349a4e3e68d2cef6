#pragma once
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace drydock::cli {

// The text of a file, or of standard input for "-"; at most `limit` bytes. Errors name the file.
Result<std::string> read_document(const std::string& file, std::size_t limit);
// A task definition as RegisterTaskDefinition takes it; errors name the file, with line and column
// for broken JSON.
Result<Json> read_task_definition(const std::string& file);
// The file to use when none was named: task-definition.json, taskdef.json,
// .aws/task-definition.json.
Result<std::string> default_task_definition();

}  // namespace drydock::cli
