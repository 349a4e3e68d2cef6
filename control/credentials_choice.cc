#include "control/credentials_choice.h"

namespace drydock::control {

bool is_credentials_mode(const std::string& text) {
  if (text == "fake" || text == "none" || text == "profile" || text == "assume") return true;
  for (const std::string start : {"profile:", "assume:"})
    if (text.starts_with(start))
      return text.size() > start.size() && text.size() < 200 &&
             text.find_first_of("\r\n\t[]") == std::string::npos;
  return false;
}

std::string credentials_mode(const CredentialsRules& rules, const std::string& role_arn,
                             const std::string& asked) {
  if (!asked.empty()) return asked;
  for (const auto& name : {role_arn, role_arn.substr(role_arn.rfind('/') + 1)})
    if (const auto found = rules.roles.find(name); found != rules.roles.end()) return found->second;
  return rules.mode;
}

}  // namespace drydock::control
