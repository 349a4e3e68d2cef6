#include <arpa/inet.h>
#include <sys/socket.h>

#include "base/logging.h"
#include "netns/conntrack.h"
#include "netns/host.h"
#include "netns/netns.h"
#include "netns/network_state.h"
#include "netns/nft.h"

namespace drydock::netns {
namespace {

constexpr int kBacklog = 511;
constexpr int kMaxNameClashes = 64;
constexpr auto kReapDeadline = std::chrono::seconds(2);
// Releases within this time share one walk through the kernel's connections.
constexpr auto kFlushDelay = std::chrono::seconds(1);
constexpr int kDockerMtu = 1500;  // of Docker's bridge

// The interface that leads out.
std::string interface_of(Shape shape) { return shape == Shape::kEni ? "eth1" : "eth0"; }

// The way to the agent of a task with an interface in a VPC; on a bridge it is the default route.
Status add_agent_link(Links& links) {
  DRYDOCK_TRY(links.add_dummy("eth0", kEcsBridgeAddress, kEcsBridge.prefix));
  DRYDOCK_LET(const int eth0, links.index_of("eth0"));
  return links.add_host_route(kMetadataAddress, eth0);
}

// Everything inside a new namespace whose interface is there. Runs in it.
Status furnish(const Subnet& subnet, Ipv4 address, Shape shape, Ipv4 name_server,
               UniqueFd& listener, dns::Sockets& resolver) {
  DRYDOCK_LET(Links links, Links::open());
  DRYDOCK_LET(const int lo, links.index_of("lo"));
  DRYDOCK_TRY(links.set_up(lo));
  if (shape == Shape::kEni) DRYDOCK_TRY(add_agent_link(links));
  DRYDOCK_LET(const int out, links.index_of(interface_of(shape)));
  DRYDOCK_TRY(links.without_ipv6(out));
  DRYDOCK_TRY(links.add_address(out, address, subnet.prefix));
  DRYDOCK_TRY(links.set_up(out));
  DRYDOCK_TRY(links.add_default_route(gateway_of(subnet), out));
  DRYDOCK_TRY(nft(task_ruleset(name_server)));
  DRYDOCK_LET(listener, listen_inside(kMetadataPort, "metadata"));
  DRYDOCK_LET(resolver, dns::listen_for_dns());
  return {};
}

// All traffic goes by the gateway, whose hardware address is pinned: bridge ports are isolated, so
// tasks could not find each other by asking.
Status furnish6(const Network6& network, const Ipv6& address, const Mac& bridge) {
  DRYDOCK_LET(Links links, Links::open());
  DRYDOCK_LET(const int eth1, links.index_of("eth1"));
  DRYDOCK_TRY(links.add_address(eth1, address, 128));
  DRYDOCK_TRY(links.pin_neighbour(eth1, gateway_of(network), bridge));
  return links.add_default_route(gateway_of(network), eth1);
}

}  // namespace

Result<UniqueFd> listen_inside(int port, const std::string& what) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("open the " + what + " socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(fd.get(), kBacklog) != 0)
    return fail_errno("listen on 127.0.0.1:" + std::to_string(port) + " for " + what +
                      " in the task's namespace");
  return fd;
}

TaskNetwork Network::State::describe(int slot) {
  TaskNetwork net;
  const Ipv4 address = addresses->address_of(slot);
  net.slot = slot;
  net.netns_path = path(slot);
  net.address = to_string(address);
  const Subnet& mine = addresses->subnet_of(slot);
  net.prefix = mine.prefix;
  net.subnet_cidr = to_string(mine);
  net.gateway = to_string(gateway_of(mine));
  net.mac = to_string(mac_of(address));
  net.dns_servers = {to_string(resolver_of(subnet()))};
  net.dns_search = {dns_suffix(config.region)};
  std::lock_guard lock(mutex);
  if (slots[slot].shape == Shape::kEni)
    net.private_dns_name = private_dns_name(address, config.region);
  if (network6 && slots[slot].ipv6) {
    net.ipv6_address = to_string(address6(slot));
    net.ipv6_subnet_cidr = to_string(*network6);
  }
  return net;
}

Status Network::State::add_pair(Links& links, int slot, Shape shape, int netns_fd) {
  const Mac mac = mac_of(addresses->address_of(slot));
  const int most = shape == Shape::kEni ? mtu : std::min(mtu, kDockerMtu);
  const VethPlan plan{veth(slot), interface_of(shape), bridge_index, most, netns_fd, mac};
  auto added = links.add_veth(plan);
  if (!added && added.error().code == Errc::kExists) {
    // The last task of this slot may not be gone yet; a link of anyone else stays.
    DRYDOCK_LET(const auto ports, links.ports_of(bridge_index));
    for (const auto& port : ports)
      if (port.name == plan.name) {
        DRYDOCK_TRY(links.remove(plan.name));
        added = links.add_veth(plan);
      }
  }
  DRYDOCK_TRY(std::move(added));
  DRYDOCK_LET(const int port, links.index_of(plan.name));
  DRYDOCK_TRY(links.secure_port(port, bridge_index, mac));
  if (network6 && shape == Shape::kEni)
    DRYDOCK_TRY(links.pin_neighbour(bridge_index, address6(slot), mac));
  return links.pin_neighbour(bridge_index, addresses->address_of(slot), mac);
}

Result<TaskNetwork> Network::State::make_in(int slot, Shape shape) {
  {
    std::lock_guard guard(table);
    DRYDOCK_TRY(ensure_pins(slot));
  }
  DRYDOCK_LET(Links links, Links::open());
  DRYDOCK_LET(const Netns ns, Netns::create());
  DRYDOCK_TRY(add_pair(links, slot, shape, ns.fd()));
  const bool six = network6 && shape == Shape::kEni;
  {
    std::lock_guard lock(mutex);
    slots[slot].ipv6 = six;
    slots[slot].shape = shape;
  }
  TaskNetwork net = describe(slot);
  dns::Sockets sockets;
  auto furnished = ns.run([&]() -> Status {
    DRYDOCK_TRY(furnish(addresses->subnet_of(slot), addresses->address_of(slot), shape,
                        resolver_of(subnet()), net.metadata_listener, sockets));
    return six ? furnish6(*network6, address6(slot), mac_of(gateway_of(subnet()))) : Status();
  });
  DRYDOCK_TRY(std::move(furnished));
  resolver->add(slot, std::move(sockets));
  // Last, so that a daemon killed before leaves nothing that the kernel would not remove by itself.
  DRYDOCK_TRY(ns.keep_at(net.netns_path));
  return net;
}

Result<int> Network::State::take_slot(const std::string& subnet_id, bool may_wait) {
  std::unique_lock lock(mutex);
  auto taken = addresses->take(subnet_id);
  if (!taken && may_wait && (!dirty.empty() || flushing)) {
    wait_until_flushed(lock);
    taken = addresses->take(subnet_id);
  }
  if (!taken) return taken;
  slots[*taken] = {};
  leaving.erase(*taken);
  return taken;
}

Result<TaskNetwork> Network::State::make(const std::string& subnet_id, Shape shape, bool may_wait) {
  Result<TaskNetwork> made = fail(Errc::kSystem, "not begun");
  for (int attempt = 0; attempt < kMaxNameClashes; ++attempt) {
    auto slot = take_slot(subnet_id, may_wait);
    if (!slot) {
      made = tl::unexpected(std::move(slot.error()));
      break;
    }
    made = make_in(*slot, shape);
    if (made) break;
    (void)undo(*slot);  // ignoring: the first error is the one to tell
    if (made.error().code != Errc::kExists) break;
  }
  if (!made) return tl::unexpected(std::move(made.error()).in("make a task network"));
  return made;
}

Status Network::State::unpin(Links& links, Ipv4 address) {
  if (network6)
    DRYDOCK_TRY(
        links.unpin_neighbour(bridge_index, network6->at(address.value - subnet().base.value)));
  return links.unpin_neighbour(bridge_index, address);
}

// Also the end of release(). Where the namespace can't be let go the slot stays taken.
Status Network::State::undo(int slot) {
  resolver->remove(slot);
  DRYDOCK_TRY(forget_namespace(path(slot)));
  Status unpinned;
  if (auto links = Links::open())
    unpinned = unpin(*links, addresses->address_of(slot));
  else
    unpinned = tl::unexpected(std::move(links.error()));
  std::lock_guard lock(mutex);
  slots[slot].use = SlotUse::kLeaving;
  if (dirty.empty()) dirty_since = Clock::now();
  dirty.insert(slot);
  leaving[slot] = Clock::now() + kReapDeadline;
  refill_error.reset();
  wake.notify_all();
  return unpinned;
}

void Network::State::flush_dirty(std::unique_lock<std::mutex>& lock) {
  std::set<int> batch;
  batch.swap(dirty);
  flushing = true;
  lock.unlock();
  std::set<Ipv4> clean;
  for (const int slot : batch) clean.insert(addresses->address_of(slot));
  auto forgotten = forget_connections(clean);
  if (!forgotten) log::debug("task network: " + forgotten.error().message);
  lock.lock();
  for (const int slot : batch) {
    slots.erase(slot);
    addresses->give_back(slot);
  }
  flushing = hurry = false;
  // Only a lack of addresses has ended by this.
  if (refill_error && refill_error->code == Errc::kBusy) refill_error.reset();
  flushed.notify_all();
}

void Network::State::wait_until_flushed(std::unique_lock<std::mutex>& lock) {
  flushed.wait(lock, [this] {
    if (dirty.empty() && !flushing) return true;
    hurry = true;
    wake.notify_all();
    return stopping;
  });
}

void Network::State::remove_stale_veths() {
  for (auto it = leaving.begin(); it != leaving.end();) {
    const int slot = it->first;
    if (it->second > Clock::now()) {
      ++it;
      continue;
    }
    it = leaving.erase(it);
    if (slots.contains(slot)) continue;
    // Still there means a process holds the namespace. Under the lock, so that nobody gets the slot
    // meanwhile; rare.
    auto links = Links::open();
    if (!links || !links->index_of(veth(slot))) continue;
    auto ports = links->ports_of(bridge_index);
    for (const auto& port : ports ? *ports : std::vector<PortLink>())
      if (port.name == veth(slot))
        (void)links->remove(port.name);  // ignoring: the next sweep finds it
  }
}

void Network::State::keep_stocked() {
  // At ordinary priority: a nicer thread that is put off while it holds the kernel's one lock of
  // all links (RTNL) would hold up everyone on the machine.
  std::unique_lock lock(mutex);
  while (!stopping) {
    const int stock = static_cast<int>(ready.size());
    const bool refill = stock < config.pool_size && !refill_error && addresses->has_rest();
    if (refill && (stock * 2 < config.pool_size || Clock::now() >= refill_at)) {
      lock.unlock();
      auto made = make("", Shape::kEni, false);
      lock.lock();
      if (made) {
        slots[made->slot].use = SlotUse::kReady;
        ready.push_back(std::move(*made));
      } else {
        log::debug("task network stock: " + made.error().message);
        refill_error = std::move(made.error());
      }
      continue;
    }
    if (!refill) stocked.notify_all();
    if (!dirty.empty() && (hurry || Clock::now() >= dirty_since + kFlushDelay)) {
      flush_dirty(lock);
      continue;
    }
    remove_stale_veths();
    if (dirty.empty() && leaving.empty() && !refill) {
      wake.wait(lock);
      continue;
    }
    auto next = refill ? refill_at : Clock::time_point::max();
    if (!dirty.empty()) next = std::min(next, dirty_since + kFlushDelay);
    for (const auto& [slot, deadline] : leaving) next = std::min(next, deadline);
    wake.wait_until(lock, next);
  }
  stocked.notify_all();
  flushed.notify_all();
}

void Network::State::stop_keeper() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
    wake.notify_all();
  }
  if (keeper.joinable()) keeper.join();
}

}  // namespace drydock::netns
