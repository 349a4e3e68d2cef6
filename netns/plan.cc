#include "netns/plan.h"

#include <algorithm>
#include <array>
#include <sstream>

namespace drydock::netns {
namespace {

constexpr std::array kDefaultSubnets = {Subnet{{0xac1f0000}, 16}, Subnet{{0x0ad50000}, 16},
                                        Subnet{{0xc0a8d400}, 22}};
// What no task may be given: "this" network, loopback, link-local, multicast and beyond.
constexpr std::array kReserved = {Subnet{{0}, 8}, kLoopback, Subnet{{0xa9fe0000}, 16},
                                  Subnet{{0xe0000000}, 3}};

const HostRoute* clash(const Subnet& subnet, const std::vector<HostRoute>& routes,
                       std::string_view own) {
  for (const auto& route : routes)
    // The default route overlaps everything and means nothing here.
    if (route.to.prefix > 0 && route.link != own && route.to.overlaps(subnet)) return &route;
  return nullptr;
}

std::string told(const HostRoute& route) { return to_string(route.to) + " on " + route.link; }

Status check_wanted(const Subnet& subnet) {
  if (subnet.prefix < 8 || subnet.prefix > 28)
    return fail(Errc::kInvalid, "--subnet " + to_string(subnet) + ": the prefix must be 8 to 28");
  for (const auto& reserved : kReserved)
    if (reserved.overlaps(subnet))
      return fail(
          Errc::kInvalid,
          "--subnet " + to_string(subnet) + " lies in " + to_string(reserved) +
              ", which is reserved; take one of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
  return {};
}

}  // namespace

Status check_instance_id(std::string_view id) {
  const bool hex = id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (id.size() != 8 || !hex)
    return fail(Errc::kInvalid, "instance id \"" + std::string(id) + "\" is not eight hex digits");
  return {};
}

std::string table_name(std::string_view instance) { return "drydock_" + std::string(instance); }
std::string bridge_name(std::string_view instance) { return "dd" + std::string(instance); }
std::string veth_name(std::string_view instance, int slot) {
  return "dd" + std::string(instance.substr(0, 4)) + std::to_string(slot);
}

Result<Subnet> choose_subnet(std::string_view wanted, const std::vector<HostRoute>& routes,
                             std::string_view own_bridge) {
  if (!wanted.empty()) {
    auto subnet = parse_subnet(wanted);
    if (!subnet) return tl::unexpected(std::move(subnet.error()).in("--subnet"));
    DRYDOCK_TRY(check_wanted(*subnet));
    if (const auto* route = clash(*subnet, routes, own_bridge))
      return fail(Errc::kBusy, "--subnet " + to_string(*subnet) + " overlaps the host's route " +
                                   told(*route) + "; choose another");
    return *subnet;
  }
  std::string why;
  for (const auto& subnet : kDefaultSubnets) {
    const auto* route = clash(subnet, routes, own_bridge);
    if (!route) return subnet;
    why += (why.empty() ? "" : ", ") + to_string(subnet) + " overlaps " + told(*route);
  }
  return fail(Errc::kBusy, "no subnet is free for the tasks (" + why +
                               "); choose one with --subnet, e.g. 10.99.0.0/16");
}

std::vector<int> port_candidates(int container_port, int limit) {
  std::vector<int> ports;
  int port = container_port < 1024 ? 8000 + container_port : container_port;
  for (int n = std::min(limit, 65536 - 1024); n > 0; --n) {
    ports.push_back(port);
    port = port == 65535 ? 1024 : port + 1;
  }
  return ports;
}

std::vector<int> dynamic_candidates(PortRange range, int last, int count) {
  std::vector<int> firsts;
  const int places = range.last - range.first + 2 - count;
  if (places < 1) return firsts;
  const bool inside = last >= range.first && last - range.first + 1 < places;
  const int begin = inside ? last - range.first + 1 : 0;
  firsts.reserve(static_cast<std::size_t>(places));
  for (int n = 0; n < places; ++n) firsts.push_back(range.first + (begin + n) % places);
  return firsts;
}

PortRange dynamic_range(std::string_view text) {
  PortRange range;
  std::istringstream words{std::string(text)};
  int first = 0, last = 0;
  if (words >> first >> last && first > 0 && first <= last && last <= 65535) range = {first, last};
  return range;
}

std::string dns_suffix(std::string_view region) {
  return region == "us-east-1" ? "ec2.internal" : std::string(region) + ".compute.internal";
}

std::string private_dns_name(Ipv4 address, std::string_view region) {
  std::string dashed = to_string(address);
  std::replace(dashed.begin(), dashed.end(), '.', '-');
  return "ip-" + dashed + "." + dns_suffix(region);
}

std::string hostname_file(std::string_view name) { return std::string(name) + "\n"; }

std::string hosts_file(std::string_view address, std::string_view name) {
  return "127.0.0.1 localhost\n" + std::string(address) + " " + std::string(name) + "\n";
}

std::string resolv_conf_file(const std::vector<std::string>& servers,
                             const std::vector<std::string>& search) {
  std::string text;
  for (const auto& server : servers) text += "nameserver " + server + "\n";
  if (search.empty()) return text;
  text += "search";
  for (const auto& domain : search) text += " " + domain;
  return text + "\n";
}

}  // namespace drydock::netns
