#include <nlohmann/json.hpp>

#include "taskdef/compose/service.h"

// Values that are lists or maps in one of two spellings.
namespace drydock::taskdef::compose {

Status read_pairs(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  DRYDOCK_LET(const auto pairs, pairs_at(c, node, path));
  to = Json::object();
  for (const Pair& pair : pairs) to[pair.name] = pair.value.value_or("");
  return {};
}

Status read_env_files(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  to = Json::array();
  const auto add = [&](const Yaml& item) -> Status {
    const Yaml* named = item.is_map() ? item.find("path") : &item;
    if (!named) return fail_at(c, item, path, "an env_file needs a path");
    DRYDOCK_LET(const std::string text, text_at(c, *named, path));
    bool required = true;
    if (const Yaml* flag = item.find("required")) {
      DRYDOCK_LET(required, flag_at(c, *flag, path + ".required"));
    }
    to.push_back({{"path", absolute_path(c, text)},
                  {"required", required},
                  {"place", c.file + ": line " + std::to_string(item.line)}});
    return {};
  };
  if (!node.is_list()) return node.is_null() ? Status() : add(node);
  for (const Yaml& item : node.items) DRYDOCK_TRY(add(item));
  return {};
}

Status read_hosts(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  to = Json::object();
  const auto add = [&to](const std::string& name, std::string address) {
    if (address.size() > 2 && address.starts_with('[') && address.ends_with(']'))
      address = address.substr(1, address.size() - 2);
    to[name + " " + address] = {{"hostname", name}, {"ipAddress", address}};
  };
  if (node.is_map()) {
    for (const YamlMember& member : node.members) {
      DRYDOCK_LET(const auto addresses, texts_at(c, member.value, path + "." + member.key));
      for (const std::string& address : addresses) add(member.key, address);
    }
    return {};
  }
  DRYDOCK_LET(const auto texts, texts_at(c, node, path));
  for (const std::string& text : texts) {
    const std::size_t at = text.find_first_of("=:");
    if (at == std::string::npos || at == 0 || at + 1 == text.size())
      return fail_at(c, node, path, "\"" + text + "\" must have the form NAME:ADDRESS");
    if (text.substr(at + 1) == "host-gateway")
      return fail_at(c, node, path,
                     "\"" + text + "\": ECS has no host-gateway; write the machine's address");
    add(text.substr(0, at), text.substr(at + 1));
  }
  return {};
}

Status read_devices(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  to = Json::object();
  DRYDOCK_LET(const auto texts, texts_at(c, node, path));
  for (const std::string& text : texts) {
    const std::size_t colon = text.find(':');
    const std::string host = text.substr(0, colon);
    std::string inside = colon == std::string::npos ? host : text.substr(colon + 1);
    Json device = {{"hostPath", host}};
    if (const std::size_t second = inside.find(':'); second != std::string::npos) {
      for (const char letter : inside.substr(second + 1)) {
        if (letter != 'r' && letter != 'w' && letter != 'm')
          return fail_at(c, node, path,
                         "\"" + text + "\" must have the form /dev/host:/dev/container:rwm");
        device["permissions"].push_back(letter == 'r' ? "read" : letter == 'w' ? "write" : "mknod");
      }
      inside.resize(second);
    }
    to[inside.empty() ? host : inside] = std::move(device);
  }
  return {};
}

Status read_dependencies(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  to = Json::object();
  if (!node.is_map()) {
    DRYDOCK_LET(const auto names, texts_at(c, node, path));
    for (const std::string& name : names) to[name] = "START";
    return {};
  }
  for (const YamlMember& member : node.members) {
    const Yaml* condition = member.value.find("condition");
    const std::string text = condition ? condition->text : "service_started";
    const char* word = text == "service_started"                  ? "START"
                       : text == "service_healthy"                ? "HEALTHY"
                       : text == "service_completed_successfully" ? "SUCCESS"
                                                                  : nullptr;
    if (!word)
      return fail_at(c, condition ? *condition : member.value,
                     path + "." + member.key + ".condition",
                     "\"" + text +
                         "\" must be service_started, service_healthy or "
                         "service_completed_successfully");
    to[member.key] = word;
  }
  return {};
}

Status read_logging(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  if (!node.is_map()) return fail_at(c, node, path, "expected a map with driver and options");
  if (const Yaml* driver = node.find("driver")) {
    DRYDOCK_LET(to["logDriver"], text_at(c, *driver, path + ".driver"));
  }
  if (const Yaml* options = node.find("options"); options && !options->is_null())
    DRYDOCK_TRY(read_pairs(c, *options, path + ".options", to["options"]));
  return {};
}

Status read_volumes_from(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  to = Json::array();
  DRYDOCK_LET(const auto texts, texts_at(c, node, path));
  for (std::string text : texts) {
    bool read_only = false;
    if (text.starts_with("container:")) text.erase(0, 10);
    if (text.ends_with(":ro") || text.ends_with(":rw")) {
      read_only = text.ends_with(":ro");
      text.resize(text.size() - 3);
    }
    to.push_back({{"sourceContainer", text}, {"readOnly", read_only}});
  }
  return {};
}

}  // namespace drydock::taskdef::compose
