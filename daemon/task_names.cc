#include "daemon/task_names.h"

#include "netns/address6.h"

namespace drydock::daemon {

netns::dns::LocalNames names_of(const runtime::TaskView& task) {
  const std::string zone = task.spec->cluster_name + ".local";
  netns::dns::LocalNames names{{zone}, {}};
  const bool runs = task.last_status == runtime::TaskStatus::kRunning && !task.desired_stopped;
  if (const auto address = netns::parse_ipv4(task.network.address); runs && address)
    names.names.push_back({task.spec->definition.family + "." + zone, *address});
  if (const auto address = netns::parse_ipv6(task.network.ipv6_address); runs && address)
    names.names.push_back({task.spec->definition.family + "." + zone, *address});
  return names;
}

}  // namespace drydock::daemon
