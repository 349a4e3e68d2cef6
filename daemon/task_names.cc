#include "daemon/task_names.h"

#include "netns/address6.h"

namespace drydock::daemon {

netns::dns::LocalNames names_of(const runtime::TaskView& task) {
  const std::string zone = task.spec->cluster_name + ".local";
  netns::dns::LocalNames names{{zone}, {}};
  const bool runs = task.last_status == runtime::TaskStatus::kRunning && !task.desired_stopped;
  // A task with several addresses has no one that its name could mean.
  if (!runs || task.networks.size() != 1) return names;
  const runtime::NetworkView& network = task.networks.front();
  if (const auto address = netns::parse_ipv4(network.address))
    names.names.push_back({task.spec->definition.family + "." + zone, *address});
  if (const auto address = netns::parse_ipv6(network.ipv6_address))
    names.names.push_back({task.spec->definition.family + "." + zone, *address});
  return names;
}

}  // namespace drydock::daemon
