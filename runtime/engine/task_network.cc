#include "runtime/engine/task_network.h"

#include <algorithm>

#include "base/files.h"
#include "base/ids.h"
#include "base/logging.h"
#include "runtime/engine/local_aws.h"
#include "runtime/engine/publish_plan.h"

namespace drydock::runtime {
namespace {

NetworkView planned_view(const TaskSpec& spec, const PlannedNetwork& planned) {
  NetworkView v;
  v.mode = mode_of(planned.kind);
  for (const std::size_t i : planned.containers)
    v.containers.push_back(spec.definition.containers[i].name);
  return v;
}

void describe(const netns::TaskNetwork& n, const TaskSpec& spec, NetworkView& v) {
  v.slot = n.slot;
  v.netns_path = n.netns_path;
  v.address = n.address;
  v.prefix = n.prefix;
  v.subnet_cidr = n.subnet_cidr;
  v.gateway = n.gateway;
  v.ipv6_address = n.ipv6_address;
  v.ipv6_subnet_cidr = n.ipv6_subnet_cidr;
  v.mac = n.mac;
  v.private_dns_name = n.private_dns_name;
  v.dns_servers = n.dns_servers;
  v.dns_search = n.dns_search;
  if (!spec.attachment_id.empty()) v.eni_id = "eni-" + sha256_hex(spec.attachment_id).substr(0, 17);
}

// Where one of a task's namespaces is to be.
netns::TaskPlace place_of(const TaskSpec& spec, const std::string& mode) {
  netns::TaskPlace place;
  place.cluster = spec.cluster_arn;
  place.shape = mode == "bridge" ? netns::Shape::kBridge : netns::Shape::kEni;
  if (place.shape == netns::Shape::kBridge) return place;
  place.subnet_id = spec.subnet_id;
  place.security_groups = spec.security_groups;
  return place;
}

std::vector<netns::KnownSlot> slots_of(const TaskSpec& spec, const std::vector<NetworkView>& views,
                                       const PublishedPorts& published) {
  std::vector<netns::KnownSlot> slots;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const NetworkView& v = views[i];
    if (v.slot < 0) continue;
    slots.push_back({v.slot, v.address,
                     i < published.size() ? published[i] : std::vector<netns::Published>(),
                     place_of(spec, v.mode), v.subnet_cidr, !v.ipv6_address.empty()});
  }
  return slots;
}

struct Taken {
  netns::TaskNetwork network;
  UniqueFd aws;  // none: no host of AWS is here
};

// Takes what `take` gives for each namespace of the plan.
template <class Take>
Result<TaskNetworks> collect(const Machine& machine, const TaskSpec& spec, Take take) {
  TaskNetworks all;
  const auto give_back = [&](Error error) -> Result<TaskNetworks> {
    close_listeners(all);
    (void)release_networks(machine, spec,
                           all.views);  // ignoring: the first error is the one to tell
    return tl::unexpected(std::move(error));
  };
  for (const PlannedNetwork& planned : network_plan(spec.definition)) {
    NetworkView view = planned_view(spec, planned);
    if (planned.kind == NetworkKind::kHost) {
      if (auto entered = machine.enter_host_network(spec.task_id); !entered)
        return give_back(std::move(entered.error()));
      all.listeners.emplace_back();
    }
    if (is_acquired(planned.kind)) {
      Result<Taken> got = take(view.mode);
      if (!got) return give_back(std::move(got.error()));
      netns::TaskNetwork& network = got->network;
      describe(network, spec, view);
      all.listeners.push_back(std::move(network.metadata_listener));
      if (got->aws) all.aws_listeners.push_back(std::move(got->aws));
      all.notes.insert(all.notes.end(), network.notes.begin(), network.notes.end());
    }
    all.views.push_back(std::move(view));
  }
  return all;
}

}  // namespace

void close_listeners(TaskNetworks& networks) {
  networks.listeners.clear();
  networks.aws_listeners.clear();
}

Result<TaskNetworks> acquire_networks(const Machine& machine, const TaskSpec& spec) {
  const auto take = [&](const std::string& mode) -> Result<Taken> {
    DRYDOCK_LET(netns::TaskNetwork network, machine.network->acquire(place_of(spec, mode)));
    auto aws = aws_listener(machine, spec, network.slot);
    if (aws) return Taken{std::move(network), std::move(*aws)};
    network.metadata_listener.reset();
    (void)machine.network->release(network.slot);  // ignoring: the first error is the one to tell
    return tl::unexpected(std::move(aws.error()));
  };
  DRYDOCK_LET(TaskNetworks all, collect(machine, spec, take));
  // From here on a later daemon knows whose namespaces these are.
  auto remembered = make_dirs(machine.paths.task(spec.task_id), 0711);
  if (remembered)
    remembered = remember_network(machine.paths, spec.task_id, slots_of(spec, all.views, {}));
  if (remembered) return all;
  close_listeners(all);
  (void)release_networks(machine, spec, all.views);
  return tl::unexpected(std::move(remembered.error()));
}

Result<TaskNetworks> reopen_networks(const Machine& machine, const TaskSpec& spec,
                                     const std::vector<netns::KnownSlot>& known) {
  std::size_t next = 0;
  const auto take = [&](const std::string&) -> Result<Taken> {
    if (next >= known.size()) return fail(Errc::kNotFound, "network.json names too few namespaces");
    Taken taken;
    DRYDOCK_LET(taken.network, machine.network->reopen(known[next++].slot));
    if (auto aws = aws_listener(machine, spec, taken.network.slot))
      taken.aws = std::move(*aws);
    else
      log::warn("task " + spec.task_id + ": " + aws.error().message);
    return taken;
  };
  auto all = collect(machine, spec, take);
  if (all) return all;
  for (; next < known.size(); ++next) (void)machine.network->release(known[next].slot);
  return all;
}

Status release_networks(const Machine& machine, const TaskSpec& spec,
                        const std::vector<NetworkView>& views) {
  Status first;
  for (const NetworkView& view : views) {
    if (view.mode == "host") machine.leave_host_network(spec.task_id);
    if (view.slot < 0) continue;
    auto released = machine.network->release(view.slot);
    if (!released && first) first = std::move(released);
  }
  return first;
}

Result<PublishedPorts> publish_networks(const Machine& machine, const TaskSpec& spec,
                                        const std::vector<NetworkView>& views) {
  const auto wanted = publish_plan(spec);
  PublishedPorts published(views.size());
  for (std::size_t i = 0; i < views.size() && i < wanted.size(); ++i) {
    if (views[i].slot < 0 || wanted[i].empty()) continue;
    DRYDOCK_LET(published[i],
                machine.network->publish(views[i].slot, wanted[i], "task " + spec.task_id));
  }
  // Ignoring: only a restart would miss it.
  (void)remember_network(machine.paths, spec.task_id, slots_of(spec, views, published));
  return published;
}

}  // namespace drydock::runtime
