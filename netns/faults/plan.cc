#include "netns/faults/plan.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <charconv>

#include "netns/plan.h"

namespace drydock::netns {
namespace {

using Bytes = std::array<unsigned char, 16>;

tl::unexpected<Error> no_block(std::string_view text) {
  return fail(Errc::kInvalid,
              "\"" + std::string(text) + "\" is no IPv4 or IPv6 address or CIDR block");
}

void drop_host_bits(Bytes& bytes, int prefix) {
  for (int bit = prefix; bit < 128; ++bit)
    bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<unsigned char>(~(0x80 >> (bit % 8)));
}

std::string list_of(const std::vector<IpBlock>& blocks, bool v6) {
  std::string text;
  for (const auto& one : blocks)
    if (one.v6 == v6) text += (text.empty() ? "" : ", ") + one.text;
  return text;
}

std::string set(const std::string& name, const char* type, const std::string& elements) {
  if (elements.empty()) return {};
  return "  set " + name + " {\n    type " + type +
         "\n    flags interval\n    auto-merge\n    elements = { " + elements + " }\n  }\n";
}

std::string sets(const std::string& name, const std::vector<IpBlock>& blocks) {
  return set(name + "4", "ipv4_addr", list_of(blocks, false)) +
         set(name + "6", "ipv6_addr", list_of(blocks, true));
}

// "ip daddr @spared4 accept", for the families that `blocks` has.
std::string rules(const std::vector<IpBlock>& blocks, const std::string& end,
                  const std::string& name, const std::string& verdict) {
  std::string text;
  for (const bool v6 : {false, true})
    if (!list_of(blocks, v6).empty())
      text += std::string(v6 ? "    ip6 " : "    ip ") + end + " @" + name + (v6 ? "6 " : "4 ") +
              verdict + "\n";
  return text;
}

std::string hook(const char* name, bool ingress, const std::vector<BlackHole>& holes) {
  // Before the redirections of the task's own services (-100): names and ports are those that the
  // task sees.
  std::string text = std::string("  chain ") + name + " {\n    type filter hook " + name +
                     " priority mangle; policy accept;\n    ct original ip daddr " +
                     to_string(kMetadataAddress) + " accept\n";
  for (const auto& hole : holes)
    if (hole.ingress == ingress)
      text += "    " + hole.protocol + " dport " + std::to_string(hole.port) + " jump " +
              hole.name() + "\n";
  return text + "  }\n";
}

std::string black_hole_table(const std::vector<BlackHole>& holes) {
  if (holes.empty()) return {};
  std::string text = "table inet drydock_faults {\n";
  for (const auto& hole : holes) {
    text += sets(hole.name() + "-spared", hole.spared);
    text +=
        "  chain " + hole.name() + " {\n" +
        rules(hole.spared, hole.ingress ? "saddr" : "daddr", hole.name() + "-spared", "accept") +
        "    drop\n  }\n";
  }
  return text + hook("input", true, holes) + hook("output", false, holes) + "}\n";
}

// "< 100" would be refused: no remainder is that large.
std::string below(int percent) { return " mod 100 <= " + std::to_string(percent - 1); }

// A share of the flows: all packets of one hash to the same number.
std::string impaired(const Impairment& fault, const std::string& verdict) {
  if (fault.flows_percent >= 100) return rules(fault.targets, "daddr", "targets", verdict);
  const std::string limit = below(fault.flows_percent) + " ";
  std::string text;
  for (const bool v6 : {false, true}) {
    if (list_of(fault.targets, v6).empty()) continue;
    const std::string ip = v6 ? "ip6" : "ip";
    const std::string ends = ip + " saddr . " + ip + " daddr";
    const std::string match = "    " + ip + " daddr @targets" + (v6 ? "6" : "4") + " meta l4proto ";
    text += match + "{ tcp, udp } jhash " + ends + " . th sport . th dport" + limit + verdict +
            "\n" + match + "!= { tcp, udp } jhash " + ends + limit + verdict + "\n";
  }
  return text;
}

// Where a packet leaves the namespace. A lost one goes to a link that leads nowhere: dropped here,
// its sender would be told.
std::string impairment_table(const Impairment& fault) {
  const bool late = fault.kind == Impairment::Kind::kLatency;
  const std::string verdict =
      late ? std::string("meta priority set ") + kLateClass
           : "numgen random" + below(fault.loss_percent) + " fwd to \"" + kNowhereLink + "\"";
  return "table netdev drydock_faults {\n" + sets("spared", fault.spared) +
         sets("targets", fault.targets) +
         "  chain egress {\n    type filter hook egress device \"" + kTaskLink +
         "\" priority filter; policy accept;\n" + rules(fault.spared, "daddr", "spared", "accept") +
         impaired(fault, verdict) + "  }\n}\n";
}

std::string without(const std::string& table) {
  return "add table " + table + "\ndelete table " + table + "\n";
}

}  // namespace

Result<IpBlock> parse_ip_block(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Bytes bytes{};
  const bool v6 = address.find(':') != address.npos;
  if (address.find('\0') != address.npos ||
      ::inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data()) != 1)
    return no_block(text);
  const int most = v6 ? 128 : 32;
  int prefix = most;
  if (slash != text.npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (digits.empty() || ec != std::errc{} || end != digits.data() + digits.size() || prefix < 0 ||
        prefix > most || digits[0] == '-')
      return no_block(text);
  }
  drop_host_bits(bytes, prefix);
  char shown[INET6_ADDRSTRLEN] = "";
  (void)::inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), shown, sizeof shown);  // it has room
  return IpBlock{v6, shown + (prefix < most ? "/" + std::to_string(prefix) : std::string())};
}

std::string BlackHole::name() const {
  return std::string(ingress ? "ingress" : "egress") + "-" + protocol + "-" + std::to_string(port);
}

std::string fault_ruleset(const FaultPlan& plan) {
  return without("inet drydock_faults") + without("netdev drydock_faults") +
         black_hole_table(plan.black_holes) +
         (plan.impairment ? impairment_table(*plan.impairment) : std::string());
}

}  // namespace drydock::netns
