#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/config_keys.h"
#include "images/reference.h"

// The keys below "images" whose value is a list or an object.
namespace drydock::daemon {
namespace {

// "host" or "host:port", as in the name of an image.
bool is_registry(const std::string& text) {
  if (text == "docker.io") return true;
  const auto parsed = images::parse_reference(text + "/x/y");
  return parsed && parsed->registry == text;
}

bool is_address(const std::string& text) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (text.starts_with(scheme) && text.size() > scheme.size() &&
        text.find_first_of(" \t\r\n@?#") == std::string::npos)
      return true;
  return false;
}

// A start of names stands for a start of names, a name for a name.
bool is_alias(const std::string& name, const std::string& target) {
  const bool start = name.ends_with('/');
  if (start != target.ends_with('/')) return false;
  const std::string rest = start ? "x" : "";
  return images::parse_reference(name + rest).has_value() &&
         images::parse_reference(target + rest).has_value();
}

bool is_text(const Json& value) { return value.is_string(); }

}  // namespace

bool set_registries(Config& config, const Key& key, const Json& value) {
  std::vector<std::string> list;
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text)) return false;
  for (const auto& item : value) {
    list.push_back(item.get<std::string>());
    if (!is_registry(list.back())) return false;
  }
  config.*std::get<std::vector<std::string> Config::*>(key.member) = std::move(list);
  return true;
}

bool set_mirrors(Config& config, const Key& key, const Json& value) {
  std::map<std::string, std::vector<std::string>> mirrors;
  if (!value.is_object()) return false;
  for (const auto& [registry, list] : value.items()) {
    if (!is_registry(registry) || !list.is_array() ||
        !std::all_of(list.begin(), list.end(), is_text))
      return false;
    for (const auto& item : list) {
      mirrors[registry].push_back(item.get<std::string>());
      if (!is_address(mirrors[registry].back())) return false;
    }
  }
  config.*std::get<std::map<std::string, std::vector<std::string>> Config::*>(key.member) =
      std::move(mirrors);
  return true;
}

bool set_aliases(Config& config, const Key& key, const Json& value) {
  std::map<std::string, std::string> aliases;
  if (!value.is_object() || !std::all_of(value.begin(), value.end(), is_text)) return false;
  for (const auto& [name, target] : value.items()) {
    aliases[name] = target.get<std::string>();
    if (!is_alias(name, aliases[name])) return false;
  }
  config.*std::get<std::map<std::string, std::string> Config::*>(key.member) = std::move(aliases);
  return true;
}

}  // namespace drydock::daemon
