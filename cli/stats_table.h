#pragma once
#include <string>
#include <vector>

#include "base/json.h"

namespace drydock::cli {

// The rows of `stats` with their header, of one line of GET stats (api/local/README.md). Pure.
std::vector<std::vector<std::string>> stats_rows(const Json& line);

}  // namespace drydock::cli
