#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/options.h"

namespace drydock::cli {

// The objects of S3 that a request, a DescribeTaskDefinition answer or overrides name in
// environmentFiles: their ARNs, each once.
std::vector<std::string> environment_objects(const Json& definition);

// Settles --env-file: which object (its ARN) each file stands for, and environmentFiles of the
// overrides where the definition has none. kInvalid names the flag and what could have been meant.
struct EnvFiles {
  std::vector<std::pair<std::string, std::string>> objects;  // ARN, absolute path
  bool for_every_container = false;                          // each container gets them all
};
Result<EnvFiles> settle_env_files(const std::vector<EnvFileSetting>& settings,
                                  const std::vector<std::string>& objects);

}  // namespace drydock::cli
