#include "control/host_ports.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/bundle/metadata_file.h"
#include "taskdef/port_range.h"

namespace drydock::control {
namespace {

std::optional<FixedPort> clash(const std::vector<FixedPort>& wanted,
                               const std::vector<FixedPort>& taken) {
  for (const FixedPort& w : wanted)
    for (const FixedPort& t : taken)
      if (w.protocol == t.protocol && w.first <= t.last && t.first <= w.last)
        return FixedPort{std::max(w.first, t.first), std::min(w.last, t.last), w.protocol};
  return std::nullopt;
}

}  // namespace

std::vector<FixedPort> fixed_ports(const taskdef::TaskDefinition& task) {
  std::vector<FixedPort> ports;
  const bool host = task.network_mode == "host";
  if (!host && task.network_mode != "bridge") return ports;
  for (const taskdef::ContainerDefinition& c : task.containers) {
    if (c.disable_networking) continue;
    for (const taskdef::PortMapping& m : c.port_mappings) {
      const taskdef::Ports all = taskdef::container_ports(m);
      if (host && all.first != 0) ports.push_back({all.first, all.last, m.protocol});
      if (!host && m.host_port != 0) ports.push_back({m.host_port, m.host_port, m.protocol});
    }
  }
  return ports;
}

Json ports_taken(const runtime::TaskSpec& wanted,
                 const std::vector<std::shared_ptr<const runtime::TaskSpec>>& others) {
  const auto mine = fixed_ports(wanted.definition);
  if (mine.empty()) return nullptr;
  for (const auto& other : others)
    if (const auto both = clash(mine, fixed_ports(other->definition)))
      return {{"arn", runtime::container_instance_arn(wanted)},
              {"reason", "RESOURCE:PORTS"},
              {"detail", "host port " + std::to_string(both->first) + "/" + both->protocol +
                             " is task " + other->task_id + "'s (" + other->definition.family +
                             "); stop that one, or use hostPort 0"}};
  return nullptr;
}

}  // namespace drydock::control
