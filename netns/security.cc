#include "netns/security.h"

#include <arpa/inet.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/ids.h"

namespace drydock::netns {
namespace {

constexpr std::size_t kMaxId = 64;

// Ids and ARNs have characters that names in nftables cannot have, or words it keeps for itself.
std::string group_set(const std::string& id) { return "group_" + id; }
std::string cluster_set(const std::string& arn) {
  return "cluster_" + sha256_hex(arn).substr(0, 8);
}

// The twin of a set, for IPv6.
std::string of6(const std::string& name) { return "six_" + name; }

bool is_v6(const std::string& cidr) { return cidr.find(':') != cidr.npos; }

bool is_v6_cidr(const std::string& text) {
  const auto slash = text.find('/');
  in6_addr address{};
  if (slash == text.npos || ::inet_pton(AF_INET6, text.substr(0, slash).c_str(), &address) != 1)
    return false;
  const std::string bits = text.substr(slash + 1);
  return !bits.empty() && bits.size() <= 3 && bits.find_first_not_of("0123456789") == bits.npos &&
         std::stoi(bits) <= 128;
}

Status check_rule(const Security& security, const SecurityRule& rule) {
  if (!rule.protocol.empty() && rule.protocol != "tcp" && rule.protocol != "udp" &&
      rule.protocol != "icmp")
    return fail(Errc::kInvalid,
                "protocol is \"" + rule.protocol + "\"; it must be tcp, udp, icmp or all");
  const bool has_ports = rule.first_port != 0 || rule.last_port != 65535;
  if (rule.first_port < 0 || rule.last_port > 65535 || rule.first_port > rule.last_port)
    return fail(Errc::kInvalid, "ports must be a number or a range like \"8000-8100\"");
  if (has_ports && rule.protocol != "tcp" && rule.protocol != "udp")
    return fail(Errc::kInvalid, "has ports, which only tcp and udp have");
  if (rule.cidr.empty() == rule.group.empty())
    return fail(Errc::kInvalid, "needs either \"cidr\" or \"group\"");
  if (!rule.group.empty()) {
    const auto& all = security.groups;
    if (std::none_of(all.begin(), all.end(), [&](const auto& g) { return g.id == rule.group; }))
      return fail(Errc::kInvalid, "names group \"" + rule.group + "\", which is not configured");
    return {};
  }
  if (is_v6(rule.cidr)) {
    if (!is_v6_cidr(rule.cidr))
      return fail(Errc::kInvalid, "\"" + rule.cidr + "\" is not a range such as fd00::/8");
    return {};
  }
  auto subnet = parse_subnet(rule.cidr);
  return subnet ? Status() : tl::unexpected(std::move(subnet.error()));
}

// "ip daddr 10.0.0.0/8 tcp dport 80-81 goto ingress"; `peer` is saddr or daddr.
std::string rule_text(const SecurityRule& rule, bool v6, std::string_view peer,
                      std::string_view verdict) {
  std::string set = group_set(rule.group);
  if (v6) set = of6(set);
  std::string text = std::string("    ") + (v6 ? "ip6 " : "ip ") + std::string(peer) + " " +
                     (rule.group.empty() ? rule.cidr : "@" + set);
  if (rule.protocol == "icmp") {
    text += std::string(" meta l4proto ") + (v6 ? "ipv6-icmp" : "icmp");
  } else if (!rule.protocol.empty()) {
    text += " " + rule.protocol;
    text += " dport " + std::to_string(rule.first_port);
    if (rule.last_port != rule.first_port) text += "-" + std::to_string(rule.last_port);
  }
  return text + " " + std::string(verdict) + "\n";
}

std::string rules_text(const std::vector<SecurityRule>& rules, std::string_view peer,
                       std::string_view verdict) {
  std::string text;
  for (const auto& rule : rules) {
    text += rule_text(rule, is_v6(rule.cidr), peer, verdict);
    if (!rule.group.empty()) text += rule_text(rule, true, peer, verdict);
  }
  return text;
}

// A set and its twin lead to the same.
std::string to_chain(const std::string& peer, const std::string& set, const std::string& verdict) {
  return "    ip " + peer + " @" + set + " " + verdict + "\n    ip6 " + peer + " @" + of6(set) +
         " " + verdict + "\n";
}

std::string chain(const std::string& name, const std::string& rules) {
  return "  chain " + name + " {\n" + rules + "  }\n";
}

template <class Address>
std::string set_text(const std::string& name, const char* type,
                     const std::set<Address>& addresses) {
  std::string elements;
  for (const auto& a : addresses) elements += (elements.empty() ? "" : ", ") + to_string(a);
  return "  set " + name + " {\n    type " + type +
         (elements.empty() ? "" : "\n    elements = { " + elements + " }") + "\n  }\n";
}

// The names of the sets that hold a member.
std::vector<std::string> sets_of(const Security& security, const Member& member) {
  std::vector<std::string> names;
  for (const auto& id : enforced_groups(security, member)) names.push_back(group_set(id));
  if (!names.empty()) names.emplace_back("guarded");
  if (security.isolate_clusters) names.push_back(cluster_set(member.cluster));
  return names;
}

}  // namespace

bool is_vpc_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxId &&
         id.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == id.npos;
}

Status check_security(const Security& security) {
  for (const auto& group : security.groups) {
    if (!is_vpc_id(group.id))
      return fail(Errc::kInvalid, "\"" + group.id.substr(0, 100) +
                                      "\" is no id of a security group such as sg-0a1b2c");
    for (const auto* rules : {&group.ingress, &group.egress})
      for (std::size_t i = 0; i < rules->size(); ++i)
        if (auto ok = check_rule(security, (*rules)[i]); !ok)
          return fail(Errc::kInvalid, group.id + "." +
                                          (rules == &group.ingress ? "ingress[" : "egress[") +
                                          std::to_string(i) + "] " + ok.error().message);
  }
  return {};
}

std::vector<std::string> enforced_groups(const Security& security, const Member& member) {
  if (!member.grouped) return {};
  std::vector<std::string> named = member.groups;
  if (named.empty()) named.emplace_back(kDefaultGroup);
  std::vector<std::string> enforced;
  for (const auto& group : security.groups)
    if (std::find(named.begin(), named.end(), group.id) != named.end())
      enforced.push_back(group.id);
  return enforced;
}

std::vector<std::string> unknown_groups(const Security& security,
                                        const std::vector<std::string>& groups) {
  std::vector<std::string> unknown;
  const auto& all = security.groups;
  for (const auto& id : groups)
    if (!all.empty() &&
        std::none_of(all.begin(), all.end(), [&](const auto& g) { return g.id == id; }))
      unknown.push_back(id);
  return unknown;
}

bool concerns(const Security& security, const Member& member) {
  return !sets_of(security, member).empty();
}

std::string security_sets(const Security& security, const std::vector<Member>& members) {
  std::map<std::string, std::set<Ipv4>> sets;
  std::map<std::string, std::set<Ipv6>> sets6;
  for (const auto& group : security.groups) sets[group_set(group.id)];
  if (!security.groups.empty()) sets["guarded"];
  for (const auto& member : members)
    for (const auto& name : sets_of(security, member)) {
      sets[name].insert(member.address);
      if (member.address6) sets6[name].insert(*member.address6);
    }
  std::string text;
  for (const auto& [name, addresses] : sets) {
    text += set_text(name, "ipv4_addr", addresses);
    text += set_text(of6(name), "ipv6_addr", sets6[name]);
  }
  return text;
}

std::string security_chains(const Security& security, const std::vector<Member>& members,
                            std::string_view bridge) {
  std::set<std::string> clusters;
  if (security.isolate_clusters)
    for (const auto& member : members) clusters.insert(cluster_set(member.cluster));
  std::string chains, ingress, egress;
  const std::string between =
      "    iifname \"" + std::string(bridge) + "\" oifname \"" + std::string(bridge) + "\" ";
  for (const auto& name : clusters) {
    ingress += between + "ip saddr @" + name + " ip daddr != @" + name + " drop\n";
    ingress += between + "ip6 saddr @" + of6(name) + " ip6 daddr != @" + of6(name) + " drop\n";
  }
  for (const auto& group : security.groups) {
    chains += chain("in_" + group.id, rules_text(group.ingress, "saddr", "accept"));
    ingress += to_chain("daddr", group_set(group.id), "jump in_" + group.id);
  }
  if (!security.groups.empty()) ingress += to_chain("daddr", "guarded", "drop");
  chains += chain("ingress", ingress + "    accept\n");
  // What may leave must be let in, too: one chain leads to the other.
  for (const auto& group : security.groups) {
    chains += chain("out_" + group.id, rules_text(group.egress, "daddr", "goto ingress"));
    egress += to_chain("saddr", group_set(group.id), "jump out_" + group.id);
  }
  if (!security.groups.empty()) egress += to_chain("saddr", "guarded", "drop");
  return chains + chain("egress", egress + "    goto ingress\n");
}

std::string change_member(std::string_view verb, std::string_view table, const Security& security,
                          const Member& member) {
  std::string text;
  const std::string change = std::string(verb) + " element inet " + std::string(table) + " ";
  for (const auto& name : sets_of(security, member)) {
    text += change + name + " { " + to_string(member.address) + " }\n";
    if (member.address6) text += change + of6(name) + " { " + to_string(*member.address6) + " }\n";
  }
  return text;
}

}  // namespace drydock::netns
