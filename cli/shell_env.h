#pragma once
#include <string>

namespace drydock::cli {

struct ShellEnv {
  std::string endpoint;  // "http://127.0.0.1:4590"
  std::string region;
  bool fish = false;
  bool aws_function = false;  // the installed aws does not know AWS_ENDPOINT_URL
};

// What `drydock env` prints for a shell to evaluate.
std::string shell_env(const ShellEnv& env);

// Whether an aws of this `aws --version` output reads AWS_ENDPOINT_URL: 1.29 and 2.13 do. True when
// the text is not that of an aws.
bool aws_reads_endpoint_url(const std::string& version_text);

}  // namespace drydock::cli
