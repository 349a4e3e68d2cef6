#include "daemon/task_credentials.h"

#include <nlohmann/json.hpp>

#include "control/credentials_choice.h"
#include "daemon/config_keys.h"
#include "daemon/image_options.h"

namespace drydock::daemon {

metadata::KeeperOptions keeper_options(const Config& config) {
  metadata::KeeperOptions options;
  options.owner.owner = default_owner();
  options.region = config.region;
  options.sts_endpoint = config.credentials_sts_endpoint;
  options.sso_endpoint = config.credentials_sso_endpoint;
  return options;
}

bool set_roles(Config& config, const Key& key, const Json& value) {
  std::map<std::string, std::string> roles;
  if (!value.is_object()) return false;
  for (const auto& [role, mode] : value.items()) {
    if (role.empty() || !mode.is_string()) return false;
    roles[role] = mode.get<std::string>();
    if (!control::is_credentials_mode(roles[role])) return false;
  }
  config.*std::get<std::map<std::string, std::string> Config::*>(key.member) = std::move(roles);
  return true;
}

}  // namespace drydock::daemon
