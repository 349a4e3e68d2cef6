#include "netns/ruleset.h"

#include <algorithm>

#include "netns/address_pool.h"
#include "netns/plan.h"

namespace drydock::netns {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string pins_of(const Subnet& subnet, const Network6* network6, int block) {
  std::vector<std::string> pins;
  const std::uint64_t first = std::uint64_t(block) * kPinBlock;
  const std::uint64_t end = std::min(first + kPinBlock, subnet.size());
  // The reserved addresses are nobody's: a task that forged the gateway's pair would pass
  // otherwise.
  for (auto n = std::max<std::uint64_t>(first, AddressPool::kFirst); n < end; ++n) {
    const Ipv4 address = subnet.at(static_cast<std::uint32_t>(n));
    pins.push_back(
        to_string(mac_of(address)) + " . " +
        (network6 ? to_string(network6->at(static_cast<std::uint32_t>(n))) : to_string(address)));
  }
  return joined(pins);
}

// The elements of one of the two maps: for one host address, or for all.
std::string elements(const std::vector<PortElement>& ports, bool any) {
  std::vector<std::string> parts;
  for (const auto& p : ports) {
    if ((p.host.value == 0) != any) continue;
    parts.push_back((any ? "" : to_string(p.host) + " . ") + p.protocol + " . " +
                    std::to_string(p.host_port) + " : " + to_string(p.task) + " . " +
                    std::to_string(p.task_port));
  }
  return joined(parts);
}

std::string if_any(const std::string& elements) {
  return elements.empty() ? "" : "\n    elements = { " + elements + " }";
}

std::string change_ports(std::string_view verb, std::string_view instance,
                         const std::vector<PortElement>& ports) {
  std::string text;
  for (const bool any : {false, true})
    if (const auto list = elements(ports, any); !list.empty())
      text += std::string(verb) + " element inet " + table_name(instance) +
              (any ? " ports_any { " : " ports { ") + list + " }\n";
  return text;
}

std::string of_group(const HostGroup& group) {
  return "    socket cgroupv2 level " + std::to_string(group.level) + " \"" + group.path + "\" ";
}

std::string host_metadata(const HostDoor& door) {
  return of_group(door.group) + "ip daddr " + to_string(kMetadataAddress) +
         " tcp dport 80 redirect to :" + std::to_string(door.metadata_port) + "\n";
}

std::string host_guard(const HostDoor& door) {
  if (door.api_port == 0) return {};
  return of_group(door.group) + "fib daddr type local tcp dport " + std::to_string(door.api_port) +
         " reject with tcp reset\n";
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

// @T table, @B bridge, @S subnet, @Y gateway; @P pins, @M and @A the elements of the two maps; @G
// sets and @C chains of security groups and clusters; @I what guards the API's port; @H and @K what
// tasks in the host's network get and do not get. A task that calls a published port of the gateway
// comes from there, as through Docker's proxy: its own port would not answer it otherwise.
constexpr std::string_view kHost = R"(add table inet @T
delete table inet @T
table inet @T {
  set pins {
    type ether_addr . ipv4_addr@P
  }
  map ports {
    type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service@M
  }
  map ports_any {
    type inet_proto . inet_service : ipv4_addr . inet_service@A
  }
@6@G  chain from_task {
    @F
    ip daddr 127.0.0.0/8 drop
    ether saddr . ip saddr != @pins drop
  }
  chain raw_prerouting {
    type filter hook prerouting priority raw; policy accept;
    iifname "@B" jump from_task
  }
  chain nat_prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "@B" ip daddr != @Y return
    ip daddr 127.0.0.0/8 return
    dnat ip to ip daddr . meta l4proto . th dport map @ports
    iifname "@B" return
    fib daddr type local dnat ip to meta l4proto . th dport map @ports_any
  }
  chain nat_output {
    type nat hook output priority -100; policy accept;
@H    dnat ip to ip daddr . meta l4proto . th dport map @ports
    fib daddr type local dnat ip to meta l4proto . th dport map @ports_any
  }
  chain nat_postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr @S oifname != "@B" masquerade
    ip saddr 127.0.0.0/8 oifname "@B" masquerade
    ip saddr @S oifname "@B" ct status dnat masquerade
@N  }
  chain link_local {
    meta l4proto { tcp, udp } th dport 53 accept
    meta l4proto tcp reject with tcp reset
    reject with icmp type net-unreachable
  }
@C  chain filter_forward {
    type filter hook forward priority filter; policy accept;
    iifname "@B" ip daddr 169.254.0.0/16 jump link_local
    oifname != "@B" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu
    ct state established,related accept
    iifname "@B" goto egress
    oifname "@B" ct status dnat goto ingress
    oifname "@B" drop
  }
  chain filter_input {
    type filter hook input priority filter; policy accept;
@I    iifname != "@B" accept
    ct state established,related accept
    goto egress
  }
  chain filter_output {
    type filter hook output priority filter; policy accept;
@K    oifname "@B" icmp type redirect drop
@R  }
}
)";

}  // namespace

std::string host_ruleset(const HostRuleset& plan) {
  std::string pins, pins6;
  const Network6* six = plan.network6 ? &*plan.network6 : nullptr;
  for (const int block : plan.pin_blocks) {
    pins += (pins.empty() ? "" : ", ") + pins_of(plan.subnet, nullptr, block);
    if (six) pins6 += (pins6.empty() ? "" : ", ") + pins_of(plan.subnet, six, block);
  }
  std::string text(kHost);
  const std::string bridge = bridge_name(plan.instance);
  // The names first: the elements are long and hold none of the marks.
  replace_all(text, "@T", table_name(plan.instance));
  replace_all(text, "@B", bridge);
  replace_all(text, "@S", to_string(plan.subnet));
  replace_all(text, "@Y", to_string(gateway_of(plan.subnet)));
  replace_all(text, "@H", plan.host_door ? host_metadata(*plan.host_door) : "");
  replace_all(text, "@K", plan.host_door ? host_guard(*plan.host_door) : "");
  replace_all(
      text, "@6",
      six ? "  set pins6 {\n    type ether_addr . ipv6_addr" + if_any(pins6) + "\n  }\n" : "");
  replace_all(
      text, "@F",
      six ? "ip6 daddr ::1 drop\n    meta nfproto ipv6 ether saddr . ip6 saddr != @pins6 drop"
          : "meta nfproto ipv6 drop");
  replace_all(
      text, "@N",
      six ? "    ip6 saddr " + to_string(*six) + " oifname != \"" + bridge + "\" masquerade\n"
          : "");
  replace_all(text, "@R",
              six ? "    oifname \"" + bridge + "\" icmpv6 type nd-redirect drop\n" : "");
  replace_all(text, "@G", security_sets(plan.security, plan.members));
  replace_all(text, "@C", security_chains(plan.security, plan.members, bridge));
  replace_all(text, "@I",
              plan.api_port == 0 ? ""
                                 : "    iifname != \"" + bridge + "\" ip daddr " +
                                       to_string(gateway_of(plan.subnet)) + " tcp dport " +
                                       std::to_string(plan.api_port) + " drop\n");
  replace_all(text, "@P", if_any(pins));
  replace_all(text, "@M", if_any(elements(plan.ports, false)));
  replace_all(text, "@A", if_any(elements(plan.ports, true)));
  return text;
}

std::string add_pins(std::string_view instance, const Subnet& subnet,
                     const std::optional<Network6>& network6, int block) {
  const std::string add = "add element inet " + table_name(instance);
  std::string text = add + " pins { " + pins_of(subnet, nullptr, block) + " }\n";
  if (network6) text += add + " pins6 { " + pins_of(subnet, &*network6, block) + " }\n";
  return text;
}

std::string add_ports(std::string_view instance, const std::vector<PortElement>& ports) {
  return change_ports("add", instance, ports);
}

std::string delete_ports(std::string_view instance, const std::vector<PortElement>& ports) {
  return change_ports("delete", instance, ports);
}

std::string delete_table(std::string_view instance) {
  const std::string table = " table inet " + table_name(instance) + "\n";
  return "add" + table + "delete" + table;
}

std::string task_ruleset(Ipv4 resolver) {
  return "table ip drydock {\n  chain services {\n    type nat hook output priority -100; policy "
         "accept;\n"
         "    ip daddr " +
         to_string(kMetadataAddress) +
         " tcp dport 80 redirect to :" + std::to_string(kMetadataPort) + "\n    ip daddr " +
         to_string(kAwsAddress) + " tcp dport 443 redirect to :" + std::to_string(kAwsPort) +
         "\n    ip daddr { " + to_string(kLinkLocalDns) + ", " + to_string(resolver) +
         " } meta l4proto { tcp, udp } th dport 53 redirect to :" + std::to_string(kDnsPort) +
         "\n  }\n}\n";
}

}  // namespace drydock::netns
