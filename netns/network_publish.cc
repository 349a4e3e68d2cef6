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
  if (w.container_port < 1 || w.container_port > 65535)
    return fail(Errc::kInvalid, told(w) + ": a port is 1 to 65535");
  if (w.host_port < 0 || w.host_port > 65535)
    return fail(Errc::kInvalid,
                told(w) + ": host port " + std::to_string(w.host_port) + " is not 0 to 65535");
  if (w.protocol != "tcp" && w.protocol != "udp")
    return fail(Errc::kInvalid, told(w) + ": the protocol must be tcp or udp");
  return {};
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

Result<HeldPort> Network::State::hold(int slot, const PublishWanted& w) {
  DRYDOCK_TRY(check(w));
  auto address = parse_ipv4(w.host_address);
  if (!address) return tl::unexpected(std::move(address.error()).in(told(w)));
  const auto candidates =
      w.host_port ? std::vector{w.host_port} : port_candidates(w.container_port, kMaxCandidates);
  for (const int port : candidates) {
    auto socket = hold_port(*address, w.protocol, port);
    if (socket)
      return HeldPort{{w.host_address, port, w.container_port, w.protocol},
                      {*address, w.protocol, port, addresses->address_of(slot), w.container_port},
                      std::move(*socket)};
    if (socket.error().code != Errc::kBusy)
      return tl::unexpected(std::move(socket.error()).in(told(w)));
  }
  if (w.host_port)
    return fail(Errc::kBusy, "host port " + std::to_string(w.host_port) + "/" + w.protocol +
                                 " on " + w.host_address + " is taken by " +
                                 port_owner(w.protocol, w.host_port) +
                                 "; choose another, or 0 for any free one");
  return fail(Errc::kBusy, told(w) + ": no host port from " + std::to_string(candidates.front()) +
                               " to " + std::to_string(candidates.back()) + " is free on " +
                               w.host_address);
}

Result<std::vector<Published>> Network::publish(int slot,
                                                const std::vector<PublishWanted>& wanted) {
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
    DRYDOCK_LET(HeldPort port, state_->hold(slot, w));
    elements.push_back(port.element);
    published.push_back(port.what);
    held.push_back(std::move(port));
  }
  if (held.empty()) return published;
  auto added = state_->change_table(add_ports(state_->config.instance_id, elements), elements);
  if (!added) return tl::unexpected(std::move(added.error()).in("publish ports"));
  std::lock_guard lock(state_->mutex);
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
  elements.reserve(ports.size());
  for (const auto& port : ports) elements.push_back(port.element);
  // The sockets close after the elements have gone: until then the port must not be another
  // program's.
  return change_table(delete_ports(config.instance_id, elements), {});
}

}  // namespace drydock::netns
