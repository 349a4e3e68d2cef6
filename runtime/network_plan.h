#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "taskdef/model.h"

namespace drydock::runtime {

enum class NetworkKind {
  kEni,     // awsvpc: the task's own, with an interface in its VPC
  kBridge,  // a container's own, on the bridge
  kHost,    // this machine's
  kNone     // a container's own, with loopback only: made with the container
};
// Whether it is made, and given back, apart from its containers.
inline bool is_acquired(NetworkKind kind) {
  return kind == NetworkKind::kEni || kind == NetworkKind::kBridge;
}

// One network namespace and the containers in it (their indices).
// As task definitions and the API name it: "awsvpc", "bridge", "host", "none".
const char* mode_of(NetworkKind kind);

struct PlannedNetwork {
  NetworkKind kind = NetworkKind::kEni;
  std::vector<std::size_t> containers;
  bool operator==(const PlannedNetwork&) const = default;
};

// The namespaces of a task, each of its containers in one of them. Pure.
std::vector<PlannedNetwork> network_plan(const taskdef::TaskDefinition& task);
// Whether a task has a part in this machine's own network.
bool uses_host_network(const taskdef::TaskDefinition& task);

}  // namespace drydock::runtime
