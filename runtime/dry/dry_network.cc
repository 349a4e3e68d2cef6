#include "runtime/dry/dry_network.h"

#include "base/ids.h"
#include "netns/plan.h"
#include "runtime/engine/publish_plan.h"
#include "runtime/network_plan.h"

namespace drydock::runtime {

DryNetwork::DryNetwork(const netns::Subnet& network, std::vector<netns::MappedSubnet> subnets,
                       const std::vector<int>& used, std::string region)
    : addresses_(network, std::move(subnets), used), region_(std::move(region)) {}

void DryNetwork::describe(int slot, const TaskSpec& spec, NetworkView& view) const {
  const netns::Ipv4 address = addresses_.address_of(slot);
  const netns::Subnet& subnet = addresses_.subnet_of(slot);
  view.slot = slot;
  view.address = netns::to_string(address);
  view.prefix = subnet.prefix;
  view.subnet_cidr = netns::to_string(subnet);
  view.gateway = netns::to_string(netns::gateway_of(subnet));
  view.mac = netns::to_string(netns::mac_of(address));
  view.dns_servers = {netns::to_string(netns::resolver_of(addresses_.network()))};
  view.dns_search = {netns::dns_suffix(region_)};
  if (view.mode != "awsvpc") return;
  view.private_dns_name = netns::private_dns_name(address, region_);
  if (!spec.attachment_id.empty())
    view.eni_id = "eni-" + sha256_hex(spec.attachment_id).substr(0, 17);
}

Result<std::vector<NetworkView>> DryNetwork::acquire(const TaskSpec& spec) {
  std::vector<NetworkView> views;
  for (const PlannedNetwork& planned : network_plan(spec.definition)) {
    NetworkView view;
    view.mode = mode_of(planned.kind);
    for (const std::size_t i : planned.containers)
      view.containers.push_back(spec.definition.containers[i].name);
    if (is_acquired(planned.kind)) {
      const auto slot = addresses_.take(planned.kind == NetworkKind::kEni ? spec.subnet_id : "");
      if (!slot) {
        release(views);
        return tl::unexpected(slot.error());
      }
      describe(*slot, spec, view);
    }
    views.push_back(std::move(view));
  }
  return views;
}

void DryNetwork::publish(const TaskSpec& spec, TaskFacts& facts) {
  if (spec.definition.network_mode != "bridge") return;
  std::vector<std::vector<netns::Published>> published;
  for (const auto& wanted : publish_plan(spec)) {
    auto& here = published.emplace_back();
    for (const netns::PublishWanted& one : wanted) {
      int first = one.host_port;
      if (first == 0) {
        const auto free = netns::dynamic_candidates({}, last_port_, one.count);
        if (free.empty()) continue;
        first = free.front();
        last_port_ = first + one.count - 1;
      }
      for (int i = 0; i < one.count; ++i)
        here.push_back({one.host_address, first + i, one.container_port + i, one.protocol});
    }
  }
  add_published(spec, published, facts);
}

void DryNetwork::release(const std::vector<NetworkView>& networks) {
  for (const NetworkView& one : networks)
    if (one.slot >= 0) addresses_.give_back(one.slot);
}

}  // namespace drydock::runtime
