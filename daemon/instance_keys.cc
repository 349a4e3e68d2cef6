#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "daemon/config_keys.h"

// The key below "instances".
namespace drydock::daemon {
namespace {

// As CreateCluster takes them.
bool is_cluster_name(const std::string& name) {
  return name == "*" ||
         (!name.empty() && name.size() <= 255 && std::ranges::all_of(name, [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_';
         }));
}

}  // namespace

bool set_clusters(Config& config, const Key& key, const Json& value) {
  std::vector<std::string> list;
  if (!value.is_array()) return false;
  for (const auto& item : value) {
    if (!item.is_string() || !is_cluster_name(item.get<std::string>())) return false;
    list.push_back(item.get<std::string>());
  }
  config.*std::get<std::vector<std::string> Config::*>(key.member) = std::move(list);
  return true;
}

}  // namespace drydock::daemon
