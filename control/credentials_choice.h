#pragma once
#include <map>
#include <string>

namespace drydock::control {

// Where the credentials of task roles come from: the configuration's answer.
struct CredentialsRules {
  std::string mode = "fake";
  std::map<std::string, std::string> roles;  // role ARN or name -> mode
};

// "fake", "none", "profile", "assume", or one of the last two with ":<profile>".
bool is_credentials_mode(const std::string& text);

// The mode for a task with that role: what the run asks for, else what the role has (by its ARN,
// then by its name), else what is usual.
std::string credentials_mode(const CredentialsRules& rules, const std::string& role_arn,
                             const std::string& asked);

}  // namespace drydock::control
