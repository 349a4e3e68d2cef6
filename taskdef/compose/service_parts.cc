#include <array>
#include <nlohmann/json.hpp>

#include "taskdef/compose/ports.h"
#include "taskdef/compose/service.h"
#include "taskdef/compose/units.h"

// The values that have a form of their own.
namespace drydock::taskdef::compose {
namespace {

Json port_json(const Port& port) {
  return {{"containerPort", port.container_port},
          {"hostPort", port.host_port},
          {"protocol", port.protocol},
          {"address", port.address}};
}

// {target: 80, published: "8080", protocol: tcp, host_ip: 127.0.0.1} as the short form.
Result<std::string> short_form(const Context& context, const Yaml& item, const std::string& path) {
  std::string target, published, protocol, address;
  const std::array<std::pair<const char*, std::string*>, 4> known = {{{"target", &target},
                                                                      {"published", &published},
                                                                      {"protocol", &protocol},
                                                                      {"host_ip", &address}}};
  for (const auto& [key, value] : item.members) {
    for (const auto& [name, to] : known)
      if (key == name) {
        DRYDOCK_LET(*to, text_at(context, value, path + "." + key));
      }
  }
  if (target.empty()) return fail_at(context, item, path, "a port needs a target");
  if (address.find(':') != std::string::npos) address = "[" + address + "]";
  std::string text = address.empty() ? "" : address + ":";
  if (!published.empty() || !address.empty()) text += published + ":";
  return text + target + (protocol.empty() ? "" : "/" + protocol);
}

Status add_limit(const Context& context, const YamlMember& member, const std::string& path,
                 Json& out) {
  const std::string here = path + "." + member.key;
  if (!member.value.is_map()) {
    DRYDOCK_LET(const long long both, long_at(context, member.value, here));
    out[member.key] = {{"softLimit", both}, {"hardLimit", both}};
    return {};
  }
  const Yaml* soft = member.value.find("soft");
  const Yaml* hard = member.value.find("hard");
  if (!soft || !hard) return fail_at(context, member.value, here, "a limit needs soft and hard");
  DRYDOCK_LET(const long long soft_limit, long_at(context, *soft, here + ".soft"));
  DRYDOCK_LET(const long long hard_limit, long_at(context, *hard, here + ".hard"));
  out[member.key] = {{"softLimit", soft_limit}, {"hardLimit", hard_limit}};
  return {};
}

}  // namespace

Status read_ports(const Context& context, const Yaml& node, const std::string& path, Json& out) {
  out = Json::array();
  if (!node.is_list()) return fail_at(context, node, path, "expected a list of ports");
  for (const Yaml& item : node.items) {
    Result<std::string> text =
        item.is_map() ? short_form(context, item, path) : text_at(context, item, path);
    if (!text) return tl::unexpected(std::move(text.error()));
    const auto ports = parse_ports(*text);
    if (!ports) return fail_at(context, item, path, ports.error().message);
    for (const Port& port : *ports) out.push_back(port_json(port));
  }
  return {};
}

// ECS's health check: the command as a list that begins with CMD or CMD-SHELL.
Status read_health(const Context& context, const Yaml& node, const std::string& path, Json& out) {
  if (!node.is_map()) return fail_at(context, node, path, "expected a map with test");
  out = Json::object();
  for (const auto& [key, value] : node.members) {
    const std::string here = path + "." + key;
    if (key == "disable") {
      DRYDOCK_LET(const bool disabled, flag_at(context, value, here));
      if (disabled) out["command"] = Json::array({"NONE"});
    } else if (key == "test" || key == "command") {
      DRYDOCK_LET(const auto words, texts_at(context, value, here));
      const bool listed = value.is_list();
      if (listed && !words.empty() && words[0] != "CMD" && words[0] != "CMD-SHELL" &&
          words[0] != "NONE")
        return fail_at(context, value, here,
                       "\"" + words[0] + "\": a list must begin with CMD, CMD-SHELL or NONE");
      out["command"] = Json::array();
      if (!listed && !words.empty()) out["command"].push_back("CMD-SHELL");
      for (const std::string& word : words) out["command"].push_back(word);
    } else if (key == "retries") {
      DRYDOCK_LET(out["retries"], number_at(context, value, here));
    } else if (key == "interval" || key == "timeout" || key == "start_period") {
      DRYDOCK_LET(out[key == "start_period" ? "startPeriod" : key],
                  seconds_at(context, value, here));
    } else {
      note(context, here, "ignored: ECS has no place for it");
    }
  }
  return {};
}

Status read_limits(const Context& context, const Yaml& node, const std::string& path, Json& out) {
  out = Json::object();
  if (!node.is_map()) return fail_at(context, node, path, "expected a map of limits");
  for (const YamlMember& member : node.members) DRYDOCK_TRY(add_limit(context, member, path, out));
  return {};
}

// "/run:rw,size=64m": ECS wants the size.
Status read_tmpfs(const Context& context, const Yaml& node, const std::string& path, Json& out) {
  out = Json::object();
  DRYDOCK_LET(const auto texts, texts_at(context, node, path));
  for (const std::string& text : texts) {
    const std::size_t colon = text.find(':');
    Json one = {{"size", 0}, {"mountOptions", Json::array()}};
    std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string word = rest.substr(0, comma);
      rest.erase(0, comma + 1);
      if (!word.starts_with("size=")) {
        if (!word.empty()) one["mountOptions"].push_back(word);
        continue;
      }
      const auto bytes = parse_bytes(word.substr(5));
      if (!bytes) return fail_at(context, node, path, "\"" + word + "\" is no size");
      one["size"] = (*bytes + (1 << 20) - 1) >> 20;
    }
    if (json_int(one, "size") <= 0)
      return fail_at(context, node, path,
                     "\"" + text + "\": ECS wants the size of a tmpfs; write " +
                         text.substr(0, colon) + ":size=64m");
    out[text.substr(0, colon)] = std::move(one);
  }
  return {};
}

}  // namespace drydock::taskdef::compose
