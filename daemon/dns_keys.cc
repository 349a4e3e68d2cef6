#include <nlohmann/json.hpp>

#include "daemon/config_keys.h"
#include "netns/dns/servers.h"

// The key below "dns".
namespace drydock::daemon {

bool set_servers(Config& config, const Key& key, const Json& value) {
  std::vector<std::string> list;
  if (!value.is_array()) return false;
  for (const auto& item : value) {
    if (!item.is_string()) return false;
    list.push_back(item.get<std::string>());
    if (!netns::dns::parse_server(list.back())) return false;
  }
  config.*std::get<std::vector<std::string> Config::*>(key.member) = std::move(list);
  return true;
}

}  // namespace drydock::daemon
