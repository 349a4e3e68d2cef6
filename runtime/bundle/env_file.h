#pragma once
#include <string_view>
#include <vector>

#include "base/result.h"
#include "taskdef/model.h"

namespace drydock::runtime {

// The variables of an environment file, by ECS's rules (firelens-and-lifecycle.md C2): a line is
// NAME=VALUE, both verbatim; lines that begin with # or have no name or no "=" are passed over; one
// CR before the end of a line is dropped. Each name once, with its last value. Pure. kInvalid names
// the line: longer than 64 KiB, or with a NUL, which no process could be given.
Result<std::vector<taskdef::KeyValue>> parse_env_file(std::string_view text);

}  // namespace drydock::runtime
