#include "control/network_bindings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "taskdef/port_range.h"

namespace drydock::control {
namespace {

struct Bound {
  std::string address;
  int first = 0;  // of the host
};

std::optional<Bound> bound(const taskdef::PortMapping& mapping, int container_port,
                           const runtime::ContainerView& view, const std::string& network_mode) {
  if (network_mode == "host") return Bound{"0.0.0.0", container_port};
  for (const runtime::PublishedPort& p : view.ports)
    if (p.container_port == container_port && p.protocol == mapping.protocol)
      return Bound{p.host_address, p.host_port};
  return std::nullopt;
}

std::string range_text(int first, int count) {
  return std::to_string(first) + "-" + std::to_string(first + count - 1);
}

}  // namespace

Json network_bindings(const taskdef::ContainerDefinition& container,
                      const runtime::ContainerView& view, const std::string& network_mode) {
  Json list = Json::array();
  const bool binds = network_mode == "bridge" || network_mode == "host";
  if (!binds || container.disable_networking || !view.started_at) return list;
  for (const taskdef::PortMapping& mapping : container.port_mappings) {
    const taskdef::Ports ports = taskdef::container_ports(mapping);
    const auto at = bound(mapping, ports.first, view, network_mode);
    if (ports.first == 0 || !at) continue;
    Json one = {{"bindIP", at->address}};
    if (mapping.container_port > 0) {
      one["containerPort"] = mapping.container_port;
      one["hostPort"] = at->first;
    } else {
      one["containerPortRange"] = mapping.container_port_range;
      one["hostPortRange"] = range_text(at->first, ports.last - ports.first + 1);
    }
    one["protocol"] = mapping.protocol;
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace drydock::control
