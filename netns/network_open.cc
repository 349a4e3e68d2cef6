#include <algorithm>

#include "base/files.h"
#include "netns/firewall.h"
#include "netns/host.h"
#include "netns/netns.h"
#include "netns/network_state.h"
#include "netns/nft.h"

namespace drydock::netns {
namespace {

Subnet network_of(const Subnet& address) {
  const std::uint32_t mask = address.prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - address.prefix);
  return {{address.base.value & mask}, address.prefix};
}

Status check_known(const Subnet& subnet, const std::vector<KnownSlot>& known) {
  for (const auto& k : known)
    if (k.slot < AddressPool::kFirst || std::uint64_t(k.slot) >= subnet.size() ||
        to_string(subnet.at(static_cast<std::uint32_t>(k.slot))) != k.address)
      return fail(Errc::kInvalid,
                  std::to_string(known.size()) + " task(s) still hold addresses such as " +
                      k.address + ", which is not slot " + std::to_string(k.slot) + " of " +
                      to_string(subnet) +
                      "; start with the --subnet they were started with, or stop them first");
  return {};
}

// The mapped ranges, and those of running tasks that are mapped no more: these are kept from
// others.
std::vector<MappedSubnet> all_ranges(const std::vector<MappedSubnet>& mapped,
                                     const std::vector<KnownSlot>& known, const Subnet& network) {
  std::vector<MappedSubnet> all = mapped;
  for (const auto& k : known) {
    const auto range = parse_subnet(k.subnet_cidr);
    if (!range || *range == network || range->prefix < network.prefix) continue;
    if (std::none_of(all.begin(), all.end(),
                     [&](const auto& m) { return m.range.overlaps(*range); }))
      all.push_back({"", *range});
  }
  return all;
}

}  // namespace

Result<Subnet> Network::State::settle_subnet(Links& links, const std::vector<KnownSlot>& known) {
  if (auto index = links.index_of(bridge)) {
    if (auto has = links.address_of(*index)) {
      const Subnet adopted = network_of(*has);
      if (config.subnet.empty() || config.subnet == to_string(adopted)) return adopted;
    }
    // Another subnet is wanted: tasks on the old one would be cut off, otherwise the bridge is made
    // anew.
    if (known.empty()) DRYDOCK_TRY(links.remove(bridge));
  } else if (index.error().code != Errc::kNotFound) {
    return tl::unexpected(std::move(index.error()));
  }
  DRYDOCK_LET(const auto routes, links.routes());
  return choose_subnet(config.subnet, routes, bridge);
}

Status Network::State::settle_bridge(Links& links) {
  const Ipv4 gateway = gateway_of(subnet());
  DRYDOCK_LET(bridge_index, links.ensure_bridge(bridge, mac_of(gateway)));
  auto v6 = links.without_ipv6(bridge_index);
  if (!v6) return v6;
  DRYDOCK_TRY(tune_bridge(bridge));
  if (!links.address_of(bridge_index))
    DRYDOCK_TRY(links.add_address(bridge_index, gateway, subnet().prefix));
  DRYDOCK_TRY(settle_gateways(links));
  if (network6) DRYDOCK_TRY(links.add_address(bridge_index, gateway_of(*network6), 64));
  return links.set_up(bridge_index);
}

// Tasks in mapped subnets have gateways of their own, which are the bridge as well.
Status Network::State::settle_gateways(Links& links) {
  std::set<Ipv4> wanted;
  for (const Ipv4 gateway : addresses->gateways()) wanted.insert(gateway);
  wanted.insert(gateway_of(subnet()));
  DRYDOCK_LET(const auto present, links.addresses_of(bridge_index));
  for (const auto& has : present)
    if (!wanted.erase(has.base)) DRYDOCK_TRY(links.remove_address(bridge_index, has));
  for (const Ipv4 gateway : wanted) DRYDOCK_TRY(links.add_address(bridge_index, gateway, 32));
  return {};
}

void Network::State::hold_known_ports(const std::vector<KnownSlot>& known) {
  for (const auto& k : known) {
    Slot& slot = slots[k.slot];
    slot.use = SlotUse::kInUse;
    slot.ipv6 = k.ipv6;
    slot.shape = k.place.shape;
    slot.owner = k.owner;
    const Member member = member_of(k.slot, k.place);
    if (concerns(config.security, member)) slot.member = member;
    for (const auto& p : k.published) {
      PublishWanted wanted{p.container_port, p.host_port, p.protocol, p.host_address};
      wanted.instance = k.place.shape == Shape::kBridge;
      auto held = hold(k.slot, wanted);
      if (held)
        std::move(held->begin(), held->end(), std::back_inserter(slot.ports));
      else
        lost_ports.push_back(p);
    }
  }
}

// A bridge that somebody removed and we made anew gets its ports back.
void Network::State::attach_known_ports(Links& links) {
  for (const auto& [number, slot] : slots) {
    const Ipv4 address = addresses->address_of(number);
    auto port = links.index_of(veth(number));
    // Ignoring errors: reopen() of that slot will tell what is wrong with it.
    if (port) (void)links.secure_port(*port, bridge_index, mac_of(address));
    if (port) (void)links.pin_neighbour(bridge_index, address, mac_of(address));
    if (port && network6 && slot.ipv6)
      (void)links.pin_neighbour(bridge_index, address6(number), mac_of(address));
  }
}

Status Network::State::open_host(const std::vector<KnownSlot>& known) {
  DRYDOCK_TRY(make_keeping_folder(folder));
  DRYDOCK_LET(Links links, Links::open());
  if (!config.ipv6.empty()) {
    DRYDOCK_LET(network6, parse_network6(config.ipv6));
    DRYDOCK_TRY(ensure_ipv6_forward(forward6_note()));
  }
  DRYDOCK_LET(turned_on_ip_forward, ensure_ip_forward(forward_note()));
  {
    DRYDOCK_LET(const UniqueFd lock, subnet_lock());
    DRYDOCK_LET(const Subnet chosen, settle_subnet(links, known));
    DRYDOCK_TRY(check_known(chosen, known));
    std::vector<int> used;
    used.reserve(known.size());
    for (const auto& k : known) used.push_back(k.slot);
    DRYDOCK_TRY(check_mapped(config.subnets, chosen));
    addresses.emplace(chosen, all_ranges(config.subnets, known, chosen), used);
    hold_known_ports(known);
    pin_blocks.insert(0);
    for (const int slot : used) pin_blocks.insert(slot / kPinBlock);
    // Before the bridge: its route_localnet must never be without the rule that guards it (decision
    // 6).
    const std::lock_guard guard(table);
    DRYDOCK_TRY(write_table({}));
    DRYDOCK_TRY(settle_bridge(links));
  }
  mtu = config.mtu;
  if (mtu == 0) {
    DRYDOCK_LET(const int uplink, links.default_route_mtu());
    mtu = std::min(uplink, 1500);
  }
  const dns::Site site{subnet(), gateway_of(subnet()), dns_suffix(config.region)};
  DRYDOCK_LET(resolver, dns::Resolver::open({site, config.dns_upstreams}));
  attach_known_ports(links);
  // Of a daemon that was killed; who still needs it makes it again.
  DRYDOCK_TRY(links.remove_host_route(kMetadataAddress, bridge_index, bridge_index));
  DRYDOCK_TRY(sweep(true));
  const std::lock_guard guard(table);
  forward = accept_forwarding(bridge, table_name, network6.has_value());
  return {};
}

Status Network::State::sweep(bool leave_veths_to_kernel) {
  Status first;
  const auto note = [&first](Status s) {
    if (!s && first) first = std::move(s);
  };
  const auto ours = [this](const std::string& name, const auto& name_of) {
    std::lock_guard lock(mutex);
    return std::any_of(slots.begin(), slots.end(),
                       [&](const auto& s) { return name_of(s.first) == name; });
  };
  for (const auto& name : list_dir(folder))
    if (!ours(name, [](int slot) { return std::to_string(slot); }))
      note(forget_namespace(folder + "/" + name));
  DRYDOCK_LET(Links links, Links::open());
  DRYDOCK_LET(const auto ports, links.ports_of(bridge_index));
  const std::string prefix = veth_name(config.instance_id, 0);
  for (const auto& port : ports) {
    if (ours(port.name, [this](int slot) { return veth(slot); })) continue;
    const std::string digits = port.name.substr(std::min(port.name.size(), prefix.size() - 1));
    const bool number = !digits.empty() && digits.size() < 9 &&
                        digits.find_first_not_of("0123456789") == digits.npos;
    if (leave_veths_to_kernel && number) {
      // Its namespace was just let go: the kernel removes it sooner than we could.
      std::lock_guard lock(mutex);
      leaving[std::stoi(digits)] = Clock::now() + std::chrono::seconds(2);
    } else {
      note(links.remove(port.name));
    }
  }
  DRYDOCK_LET(const auto pinned, links.pinned_neighbours(bridge_index));
  for (const Ipv4 address : pinned)
    if (!ours(to_string(address),
              [this](int slot) { return to_string(addresses->address_of(slot)); }))
      note(unpin(links, address));
  return first;
}

Status Network::State::remove_host() {
  Status first;
  const auto note = [&first](Status s) {
    if (!s && first) first = std::move(s);
  };
  withdraw_forwarding(table_name);
  if (auto links = Links::open()) {
    // The kernel takes the ports of namespaces that were let go in its own time; nothing of ours
    // shall be left when this returns.
    if (const auto ports = links->ports_of(bridge_index); bridge_index != 0 && ports)
      for (const auto& port : *ports) note(links->remove(port.name));
    note(links->remove(bridge));
    const auto others = links->bridges_but(bridge);
    const bool six = !others || std::any_of(others->begin(), others->end(), has_global_ipv6);
    note(restore_ip_forward(forward_note(), !others || !others->empty()));
    note(restore_ipv6_forward(forward6_note(), six));
  } else {
    note(tl::unexpected(std::move(links.error())));
  }
  note(nft(delete_table(config.instance_id)));
  note(remove_keeping_folder(folder));
  return first;
}

}  // namespace drydock::netns
