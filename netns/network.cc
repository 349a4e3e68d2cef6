#include "netns/network.h"

#include <unistd.h>

#include <algorithm>

#include "netns/dns/resolver.h"
#include "netns/host.h"
#include "netns/netns.h"
#include "netns/network_state.h"

namespace drydock::netns {
namespace {

// About as long as the rest of a task's start takes: making a namespace would compete with it.
constexpr auto kRefillDelay = std::chrono::milliseconds(100);

}  // namespace

Network::Network(std::unique_ptr<State> state) : state_(std::move(state)) {}

Network::~Network() {
  state_->watch.reset();
  state_->stop_keeper();
}

Result<std::unique_ptr<Network>> Network::open(const NetworkConfig& config,
                                               const std::vector<KnownSlot>& known) {
  DRYDOCK_TRY(check_instance_id(config.instance_id));
  if (::geteuid() != 0) return fail(Errc::kUnsupported, "the task network needs root");
  auto state = std::make_unique<State>();
  state->config = config;
  state->bridge = bridge_name(config.instance_id);
  state->table_name = netns::table_name(config.instance_id);
  state->folder = config.run_dir + "/netns";
  if (auto opened = state->open_host(known); !opened) {
    // What tasks stand on stays; without tasks nothing half-made does.
    if (known.empty()) (void)state->remove_host();  // ignoring: the first error is the one to tell
    return tl::unexpected(std::move(opened.error()).in("task network"));
  }
  State* raw = state.get();
  DRYDOCK_LET(state->watch, TableWatch::open(state->table_name, [raw] {
                const std::lock_guard lock(raw->table);
                raw->look_after_table();
              }));
  state->keeper = std::thread([raw] { raw->keep_stocked(); });
  return std::unique_ptr<Network>(new Network(std::move(state)));
}

Result<TaskNetwork> Network::acquire(const TaskPlace& place) {
  std::optional<TaskNetwork> net;
  {
    std::lock_guard lock(state_->mutex);
    state_->refill_error.reset();
    if (place.shape == Shape::kEni && !state_->ready.empty() &&
        !state_->addresses->is_mapped(place.subnet_id)) {
      net = std::move(state_->ready.front());
      state_->ready.pop_front();
      state_->slots[net->slot].use = SlotUse::kInUse;
      state_->refill_at = State::Clock::now() + kRefillDelay;
    }
  }
  state_->wake.notify_all();
  if (!net) {
    DRYDOCK_LET(net, state_->make(place.subnet_id, place.shape, true));
    std::lock_guard lock(state_->mutex);
    state_->slots[net->slot].use = SlotUse::kInUse;
  }
  const auto entered = [&] {
    std::lock_guard guard(state_->table);
    return state_->enter(net->slot, place);
  }();
  if (!entered) {
    net->metadata_listener.reset();
    (void)release(net->slot);  // ignoring: the first error is the one to tell
    return tl::unexpected(Error(entered.error()).in("security groups"));
  }
  if (!state_->config.subnets.empty() && !place.subnet_id.empty() &&
      !state_->addresses->is_mapped(place.subnet_id))
    net->notes.push_back(place.subnet_id +
                         " is not in network.subnets: the task is in the network's rest");
  for (const auto& group : unknown_groups(state_->config.security, place.security_groups))
    net->notes.push_back(group + " is not in network.security_groups: nothing of it is enforced");
  return std::move(*net);
}

Result<TaskNetwork> Network::reopen(int slot) {
  {
    std::lock_guard lock(state_->mutex);
    const auto found = state_->slots.find(slot);
    if (found == state_->slots.end() || found->second.use != SlotUse::kInUse)
      return fail(Errc::kNotFound, "reopen: no task has network slot " + std::to_string(slot));
  }
  TaskNetwork net = state_->describe(slot);
  auto ns = Netns::open(net.netns_path);
  // An empty file without its mount: gone as well.
  if (!ns)
    return fail(Errc::kNotFound,
                "the network of slot " + std::to_string(slot) + " is gone: " + ns.error().message);
  dns::Sockets resolver;
  DRYDOCK_TRY(ns->run([&]() -> Status {
    DRYDOCK_LET(net.metadata_listener, listen_inside(kMetadataPort, "metadata"));
    DRYDOCK_LET(resolver, dns::listen_for_dns());
    return {};
  }));
  state_->resolver->add(slot, std::move(resolver));
  return net;
}

Result<UniqueFd> Network::keep_aws_here(int slot, const std::set<std::string>& services) {
  DRYDOCK_LET(const auto ns, Netns::open(state_->path(slot)));
  UniqueFd listener;
  DRYDOCK_TRY(ns.run([&]() -> Status {
    DRYDOCK_LET(listener, listen_inside(kAwsPort, "AWS"));
    return {};
  }));
  state_->resolver->keep_aws_here(slot, {services, kAwsAddress});
  return listener;
}

Status Network::release(int slot) {
  {
    std::lock_guard lock(state_->mutex);
    const auto found = state_->slots.find(slot);
    if (found == state_->slots.end() || found->second.use != SlotUse::kInUse) return {};
    found->second.use = SlotUse::kLeaving;
  }
  auto unpublished = state_->unpublish(slot);
  {
    std::lock_guard guard(state_->table);
    if (auto left = state_->leave(slot); unpublished) unpublished = std::move(left);
  }
  auto undone = state_->undo(slot);
  if (!unpublished)
    return tl::unexpected(
        std::move(unpublished.error()).in("release network slot " + std::to_string(slot)));
  if (!undone)
    return tl::unexpected(
        std::move(undone.error()).in("release network slot " + std::to_string(slot)));
  return {};
}

std::string Network::gateway() const { return to_string(gateway_of(state_->subnet())); }

dns::Registry& Network::names() { return state_->resolver->names(); }

Status Network::sweep() { return state_->sweep(false); }

NetworkReport Network::report() {
  NetworkReport r;
  r.subnet = to_string(state_->subnet());
  r.bridge = state_->bridge;
  r.table = state_->table_name;
  r.mtu = state_->mtu;
  r.turned_on_ip_forward = state_->turned_on_ip_forward;
  r.bridge_nf_call_iptables = bridge_nf_call_iptables();
  r.nameservers = state_->resolver->upstreams();
  r.lost_ports = state_->lost_ports;
  {
    std::lock_guard guard(state_->table);
    r.restored = state_->restored;
    r.forward_rules = state_->forward.where;
    r.problems = state_->forward.problems;
  }
  for (auto& warning : forward_warnings(state_->bridge, state_->table_name))
    r.problems.push_back(std::move(warning));
  if (r.nameservers.empty())
    r.problems.emplace_back(
        "the host names no DNS server (/etc/resolv.conf): tasks resolve local names only; name one "
        "with the setting dns.upstreams");
  for (const auto& p : r.lost_ports)
    r.problems.push_back(
        "host port " + std::to_string(p.host_port) + "/" + p.protocol +
        " was taken by another program while no daemon ran: it no longer leads to its task");
  std::lock_guard lock(state_->mutex);
  r.ready = static_cast<int>(state_->ready.size());
  r.in_use =
      static_cast<int>(std::count_if(state_->slots.begin(), state_->slots.end(), [](const auto& s) {
        return s.second.use == SlotUse::kInUse;
      }));
  if (state_->refill_error)
    r.problems.push_back("no ready namespaces in stock: " + state_->refill_error->message);
  return r;
}

Status Network::wait_until_stocked() {
  std::unique_lock lock(state_->mutex);
  state_->refill_at = {};
  state_->wake.notify_all();
  const auto full = [this] {
    return static_cast<int>(state_->ready.size()) >= state_->config.pool_size;
  };
  state_->stocked.wait(lock, [&] { return full() || state_->refill_error || state_->stopping; });
  if (state_->refill_error) return tl::unexpected(*state_->refill_error);
  state_->wait_until_flushed(lock);
  return {};
}

Status Network::close(CloseMode mode) {
  state_->watch.reset();
  state_->stop_keeper();
  std::vector<int> ready, in_use;
  {
    std::lock_guard lock(state_->mutex);
    state_->ready.clear();  // closes the listeners inside
    for (const auto& [number, slot] : state_->slots)
      if (slot.use == SlotUse::kReady)
        ready.push_back(number);
      else if (slot.use == SlotUse::kInUse)
        in_use.push_back(number);
  }
  Status first;
  const auto note = [&first](Status s) {
    if (!s && first) first = std::move(s);
  };
  for (const int slot : ready) note(state_->undo(slot));
  if (mode == CloseMode::kRemoveEverything)
    for (const int slot : in_use) note(release(slot));
  {
    std::unique_lock lock(state_->mutex);
    if (!state_->dirty.empty()) state_->flush_dirty(lock);
  }
  if (mode == CloseMode::kRemoveEverything || in_use.empty()) note(state_->remove_host());
  return first;
}

}  // namespace drydock::netns
