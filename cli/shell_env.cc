#include "cli/shell_env.h"

#include <cstdio>
#include <vector>

namespace drydock::cli {

std::string shell_env(const ShellEnv& env) {
  // Any keys will do, but a client signs with them and wants some.
  const std::vector<std::pair<std::string, std::string>> set = {
      {"AWS_ENDPOINT_URL", env.endpoint},
      {"AWS_REGION", env.region},
      {"AWS_DEFAULT_REGION", env.region},
      {"AWS_ACCESS_KEY_ID", "drydock"},
      {"AWS_SECRET_ACCESS_KEY", "drydock"}};
  std::string out;
  for (const auto& [name, value] : set)
    out +=
        env.fish ? "set -gx " + name + " " + value + ";\n" : "export " + name + "=" + value + "\n";
  for (const char* name : {"AWS_PROFILE", "AWS_SESSION_TOKEN"})
    out += env.fish ? "set -e " + std::string(name) + ";\n" : "unset " + std::string(name) + "\n";
  if (!env.aws_function) return out;
  return out + (env.fish
                    ? "function aws; command aws --endpoint-url \"$AWS_ENDPOINT_URL\" $argv; end;\n"
                    : "aws() { command aws --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"; }\n");
}

bool aws_reads_endpoint_url(const std::string& version_text) {
  int major = 0, minor = 0;
  const auto at = version_text.find("aws-cli/");
  if (at == std::string::npos ||
      std::sscanf(version_text.c_str() + at, "aws-cli/%d.%d", &major, &minor) != 2)
    return true;  // NOLINT
  return major > 2 || (major == 2 && minor >= 13) || (major == 1 && minor >= 29);
}

}  // namespace drydock::cli
