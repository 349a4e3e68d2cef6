#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/options.h"

namespace drydock::cli {

// The body of POST run (api/local/README.md). `definition` is the document of a file, or a name;
// `containers` are the names of its containers, for --env without one; `overrides` is what
// --overrides read, null when not given; `objects` are those that environmentFiles name, for
// --env-file. kInvalid names the flag.
Result<Json> run_request(const RunOptions& options, const Json& definition,
                         const std::vector<std::string>& containers, Json overrides,
                         std::vector<std::string> objects = {});

// The names of the containers of a request or a DescribeTaskDefinition answer.
std::vector<std::string> container_names(const Json& definition);

}  // namespace drydock::cli
