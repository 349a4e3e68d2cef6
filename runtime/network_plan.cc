#include "runtime/network_plan.h"

#include <algorithm>

namespace drydock::runtime {
namespace {

NetworkKind kind_of(const std::string& mode) {
  if (mode == "awsvpc") return NetworkKind::kEni;
  if (mode == "host") return NetworkKind::kHost;
  return mode == "none" ? NetworkKind::kNone : NetworkKind::kBridge;
}

// Whether all containers of the mode are in one namespace.
bool is_shared(NetworkKind kind) { return kind == NetworkKind::kEni || kind == NetworkKind::kHost; }

}  // namespace

const char* mode_of(NetworkKind kind) {
  switch (kind) {
    case NetworkKind::kEni:
      return "awsvpc";
    case NetworkKind::kBridge:
      return "bridge";
    case NetworkKind::kHost:
      return "host";
    case NetworkKind::kNone:
      return "none";
  }
  return "";
}

std::vector<PlannedNetwork> network_plan(const taskdef::TaskDefinition& task) {
  std::vector<PlannedNetwork> plan;
  const NetworkKind mode = kind_of(task.network_mode);
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    const NetworkKind kind = task.containers[i].disable_networking ? NetworkKind::kNone : mode;
    const auto same = std::find_if(plan.begin(), plan.end(), [&](const PlannedNetwork& one) {
      return is_shared(kind) && one.kind == kind;
    });
    if (same != plan.end())
      same->containers.push_back(i);
    else
      plan.push_back({kind, {i}});
  }
  return plan;
}

bool uses_host_network(const taskdef::TaskDefinition& task) {
  const auto plan = network_plan(task);
  return std::any_of(plan.begin(), plan.end(),
                     [](const auto& one) { return one.kind == NetworkKind::kHost; });
}

}  // namespace drydock::runtime
