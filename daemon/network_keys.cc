#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "daemon/config_keys.h"

// The keys below "network" whose value is an object.
namespace drydock::daemon {
namespace {

using netns::SecurityGroup;
using netns::SecurityRule;

Result<int> port_of(std::string_view text) {
  int port = -1;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (ec != std::errc() || end != text.data() + text.size() || port < 0 || port > 65535)
    return fail(Errc::kInvalid, "ports must be a number or a range like \"8000-8100\"");
  return port;
}

Status read_ports(const Json& value, SecurityRule& rule) {
  std::string text = value.is_number_integer() ? dump_json(value) : "";
  if (value.is_string()) text = value.get<std::string>();
  const auto dash = text.find('-');
  DRYDOCK_LET(rule.first_port, port_of(text.substr(0, dash)));
  if (dash == std::string::npos) {
    rule.last_port = rule.first_port;
    return {};
  }
  DRYDOCK_LET(rule.last_port, port_of(text.substr(dash + 1)));
  return {};
}

Result<SecurityRule> read_rule(const Json& value) {
  SecurityRule rule;
  if (!value.is_object()) return fail(Errc::kInvalid, "is " + dump_json(value) + ", no object");
  for (const auto& [name, member] : value.items()) {
    if (name == "ports") {
      DRYDOCK_TRY(read_ports(member, rule));
      continue;
    }
    if (name != "protocol" && name != "cidr" && name != "group")
      return fail(Errc::kInvalid, "has \"" + name + "\": " + dump_json(member).substr(0, 100) +
                                      nearest(name, {"protocol", "ports", "cidr", "group"}) +
                                      "; a rule has protocol, ports, and cidr or group");
    if (!member.is_string() || member.get<std::string>().empty())
      return fail(Errc::kInvalid, name + " must be a text");
    const auto text = member.get<std::string>();
    if (name == "protocol")
      rule.protocol = text == "all" ? "" : text;
    else if (name == "cidr")
      rule.cidr = text;
    else
      rule.group = text;
  }
  return rule;
}

Status read_rules(const Json& value, const std::string& path, std::vector<SecurityRule>& rules) {
  if (!value.is_array()) return fail(Errc::kInvalid, path + " must be a list of rules");
  for (const auto& item : value) {
    auto rule = read_rule(item);
    if (!rule)
      return fail(Errc::kInvalid,
                  path + "[" + std::to_string(rules.size()) + "] " + rule.error().message);
    rules.push_back(std::move(*rule));
  }
  return {};
}

// As in a VPC: a group without a word about it lets everything out and nothing in.
Result<SecurityGroup> read_group(const std::string& id, const Json& value) {
  SecurityGroup group{id, {}, {{"", 0, 65535, "0.0.0.0/0", ""}, {"", 0, 65535, "::/0", ""}}};
  if (!value.is_object()) return fail(Errc::kInvalid, id + " must be an object");
  for (const auto& [name, rules] : value.items()) {
    if (name != "ingress" && name != "egress")
      return fail(Errc::kInvalid, id + " has \"" + name + "\": " + dump_json(rules).substr(0, 100) +
                                      nearest(name, {"ingress", "egress"}) +
                                      "; a group has ingress and egress");
    auto& list = name == "ingress" ? group.ingress : group.egress;
    list.clear();
    DRYDOCK_TRY(read_rules(rules, id + "." + name, list));
  }
  return group;
}

Json rules_json(const std::vector<SecurityRule>& rules) {
  Json list = Json::array();
  for (const auto& rule : rules) {
    Json one = {{"protocol", rule.protocol.empty() ? "all" : rule.protocol}};
    if (rule.first_port != 0 || rule.last_port != 65535)
      one["ports"] = std::to_string(rule.first_port) + "-" + std::to_string(rule.last_port);
    one[rule.group.empty() ? "cidr" : "group"] = rule.group.empty() ? rule.cidr : rule.group;
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

bool set_subnets(Config& config, const Key& key, const Json& value) {
  std::map<std::string, std::string> subnets;
  if (!value.is_object()) return false;
  for (const auto& [id, range] : value.items()) {
    if (!netns::is_vpc_id(id) || !range.is_string()) return false;
    subnets[id] = range.get<std::string>();
    if (!netns::parse_subnet(subnets[id])) return false;
  }
  config.*std::get<std::map<std::string, std::string> Config::*>(key.member) = std::move(subnets);
  return true;
}

Status set_groups(Config& config, const Key& key, const Json& value) {
  if (!value.is_object()) return fail(Errc::kInvalid, "must be " + form_text(key));
  netns::Security security;
  for (const auto& [id, item] : value.items()) {
    DRYDOCK_LET(auto group, read_group(id, item));
    security.groups.push_back(std::move(group));
  }
  DRYDOCK_TRY(netns::check_security(security));
  config.*std::get<std::vector<SecurityGroup> Config::*>(key.member) = std::move(security.groups);
  return {};
}

Json groups_json(const std::vector<SecurityGroup>& groups) {
  Json out = Json::object();
  for (const auto& group : groups)
    out[group.id] = {{"ingress", rules_json(group.ingress)}, {"egress", rules_json(group.egress)}};
  return out;
}

std::vector<netns::MappedSubnet> mapped_subnets(const Config& config) {
  std::vector<netns::MappedSubnet> mapped;
  for (const auto& [id, range] : config.network_subnets)
    if (const auto subnet = netns::parse_subnet(range)) mapped.push_back({id, *subnet});
  return mapped;
}

}  // namespace drydock::daemon
