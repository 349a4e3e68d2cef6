#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/loop.h"
#include "images/provider.h"
#include "images/store.h"
#include "netns/network.h"
#include "runtime/bundle/host.h"
#include "runtime/cgroup.h"
#include "runtime/engine/paths.h"
#include "runtime/task_view.h"

namespace drydock::runtime {

// What the executors work with: made once by the daemon, outlives them. Everything it points to is
// thread-safe.
struct Machine {
  Paths paths;
  std::string runtime;       // /usr/sbin/runc
  std::string shim;          // drydock-shim
  std::string init_program;  // a static init for initProcessEnabled; empty when the host has none
  std::uint64_t segment_bytes = 8u << 20;
  std::uint64_t journal_bytes = 64u << 20;
  int probes_at_once = 4;
  HostLimits host;
  bool container_metadata = false;  // tasks of launch type EC2 get the container metadata file
  const Cgroups* cgroups = nullptr;
  netns::Network* network = nullptr;
  images::Store* images = nullptr;
  images::Provider* provider = nullptr;
  std::string endpoint_url;  // AWS_ENDPOINT_URL of containers that set none; empty: none
  std::string logins_file;   // for repositoryCredentials; empty: none
  Loop* loop = nullptr;
  WorkerPool* workers = nullptr;
  WorkerPool* pulls = nullptr;  // for what may wait for other machines
};

// The slots that tasks of an earlier daemon hold: what netns::Network::open must know. Reads
// <run>/tasks.
std::vector<netns::KnownSlot> known_slots(const Paths& paths,
                                          const std::vector<std::string>& task_ids);

}  // namespace drydock::runtime
