#include <algorithm>

#include "netns/host.h"
#include "netns/network_state.h"
#include "netns/nft.h"

namespace drydock::netns {
namespace {

// How many host ports are tried before giving up.
constexpr int kMaxCandidates = 2000;

std::string told(const PublishWanted& w) {
  return "publish container port " + std::to_string(w.container_port) + "/" + w.protocol;
}

Status check(const PublishWanted& w) {
  if (w.container_port < 1 || w.count < 1 || w.container_port + w.count - 1 > 65535)
    return fail(Errc::kInvalid, told(w) + ": a port is 1 to 65535");
  if (w.host_port < 0 || w.host_port + w.count - 1 > 65535)
    return fail(Errc::kInvalid,
                told(w) + ": host port " + std::to_string(w.host_port) + " is not 0 to 65535");
  if (w.protocol != "tcp" && w.protocol != "udp")
    return fail(Errc::kInvalid, told(w) + ": the protocol must be tcp or udp");
  return {};
}

// The host ports to try, in order: where the first one of `count` may lie.
std::vector<int> candidates_of(const PublishWanted& w, int last_dynamic) {
  if (w.host_port) return {w.host_port};
  if (w.dynamic)
    return dynamic_candidates(dynamic_range(local_port_range()), last_dynamic, w.count);
  return port_candidates(w.container_port, kMaxCandidates);
}

}  // namespace

Status Network::State::ensure_pins(int slot) {
  const int block = slot / kPinBlock;
  if (pin_blocks.contains(block)) return {};
  pin_blocks.insert(block);
  auto added = change_table(add_pins(config.instance_id, subnet(), network6, block), {});
  if (!added) pin_blocks.erase(block);
  return added;
}

// Who has the host port: a task of ours, whose port this process holds, or another program.
std::string Network::State::owner_of(const PublishWanted& w) {
  {
    std::lock_guard lock(mutex);
    for (const auto& [number, slot] : slots)
      for (const auto& port : slot.ports)
        if (port.what.host_port == w.host_port && port.what.protocol == w.protocol)
          return slot.owner;
  }
  return port_owner(w.protocol, w.host_port);
}

Result<std::vector<HeldPort>> Network::State::hold_at(int slot, const PublishWanted& w, int first) {
  DRYDOCK_LET(const Ipv4 address, parse_ipv4(w.host_address));
  const Ipv4 gateway = gateway_of(subnet());
  std::vector<Ipv4> hosts = {address};
  // Where bridges ask iptables, a packet that is led back to the bridge stays on it, and its ports
  // are cut off from each other.
  const bool reached = w.instance && !bridge_nf_call_iptables();
  if (reached && address.value != 0 && !(address == gateway)) hosts.push_back(gateway);
  std::vector<HeldPort> all;
  for (int n = 0; n < w.count; ++n) {
    HeldPort port{{w.host_address, first + n, w.container_port + n, w.protocol}, {}, {}};
    for (const Ipv4 host : hosts) {
      DRYDOCK_LET(UniqueFd socket, hold_port(host, w.protocol, first + n, host == gateway));
      port.sockets.push_back(std::move(socket));
      port.elements.push_back(
          {host, w.protocol, first + n, addresses->address_of(slot), w.container_port + n});
    }
    all.push_back(std::move(port));
  }
  return all;
}

Result<std::vector<HeldPort>> Network::State::hold(int slot, const PublishWanted& w) {
  DRYDOCK_TRY(check(w));
  if (auto address = parse_ipv4(w.host_address); !address)
    return tl::unexpected(std::move(address.error()).in(told(w)));
  const auto candidates = candidates_of(w, last_dynamic);
  for (const int port : candidates) {
    auto held = hold_at(slot, w, port);
    if (held && w.dynamic) last_dynamic = port + w.count - 1;
    if (held) return held;
    if (held.error().code != Errc::kBusy)
      return tl::unexpected(std::move(held.error()).in(told(w)));
  }
  if (w.host_port)
    return fail(Errc::kBusy, "host port " + std::to_string(w.host_port) + "/" + w.protocol +
                                 " on " + w.host_address + " is taken by " + owner_of(w) +
                                 "; choose another, or 0 for any free one");
  const std::string what =
      w.count > 1 ? std::to_string(w.count) + " host ports in a row" : "host port";
  if (candidates.empty()) return fail(Errc::kBusy, told(w) + ": there are never " + what);
  return fail(Errc::kBusy, told(w) + ": no " + what + " from " +
                               std::to_string(candidates.front()) + " to " +
                               std::to_string(candidates.back()) + " is free on " + w.host_address);
}

Result<std::vector<Published>> Network::publish(int slot, const std::vector<PublishWanted>& wanted,
                                                const std::string& owner) {
  if (std::any_of(wanted.begin(), wanted.end(),
                  [](const auto& w) { return w.protocol == "udp"; })) {
    // A datagram of an old flow would still be led to the task that had this port before.
    std::unique_lock lock(state_->mutex);
    state_->wait_until_flushed(lock);
  }
  std::lock_guard table(state_->table);
  {
    std::lock_guard lock(state_->mutex);
    const auto found = state_->slots.find(slot);
    if (found == state_->slots.end() || found->second.use != SlotUse::kInUse)
      return fail(Errc::kNotFound, "publish: no task has network slot " + std::to_string(slot));
  }
  std::vector<HeldPort> held;
  std::vector<PortElement> elements;
  std::vector<Published> published;
  for (const auto& w : wanted) {
    DRYDOCK_LET(auto ports, state_->hold(slot, w));
    for (HeldPort& port : ports) {
      elements.insert(elements.end(), port.elements.begin(), port.elements.end());
      published.push_back(port.what);
      held.push_back(std::move(port));
    }
  }
  if (held.empty()) return published;
  auto added = state_->change_table(add_ports(state_->config.instance_id, elements), elements);
  if (!added) return tl::unexpected(std::move(added.error()).in("publish ports"));
  std::lock_guard lock(state_->mutex);
  state_->slots[slot].owner = owner;
  auto& ports = state_->slots[slot].ports;
  std::move(held.begin(), held.end(), std::back_inserter(ports));
  return published;
}

Status Network::State::unpublish(int slot) {
  std::lock_guard guard(table);
  std::vector<HeldPort> ports;
  {
    std::lock_guard lock(mutex);
    ports.swap(slots[slot].ports);
  }
  if (ports.empty()) return {};
  std::vector<PortElement> elements;
  for (const auto& port : ports)
    elements.insert(elements.end(), port.elements.begin(), port.elements.end());
  // The sockets close after the elements have gone: until then the port must not be another
  // program's.
  return change_table(delete_ports(config.instance_id, elements), {});
}

}  // namespace drydock::netns
