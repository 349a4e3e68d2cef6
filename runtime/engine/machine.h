#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/loop.h"
#include "images/provider.h"
#include "images/store.h"
#include "logrouter/drivers.h"
#include "logrouter/pump.h"
#include "netns/network.h"
#include "runtime/bundle/host.h"
#include "runtime/cgroup.h"
#include "runtime/engine/paths.h"
#include "runtime/task_view.h"
#include "secrets/chain.h"
#include "volumes/volumes.h"

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
  volumes::Volumes* volumes = nullptr;
  secrets::Vault* vault = nullptr;
  const secrets::Chain* secrets = nullptr;
  std::string endpoint_url;  // AWS_ENDPOINT_URL of containers that set none; empty: none
  std::map<std::string, std::string> objects;  // what stands for objects of S3 (s3_objects.h)
  // Whether a forgotten task's journals stay, because others read them; empty: none do. Loop
  // thread.
  std::function<bool(const std::string& task_id)> keeps_journals;
  // The name of the built-in log router's image, made when need be; empty: there is none. Any
  // thread.
  std::function<Result<std::string>()> builtin_router;
  // The certificate (PEM) of whoever answers for the hosts of AWS that are here; empty: none are.
  // Any thread.
  std::function<Result<std::string>()> aws_authority;
  // For tasks in this machine's own network: makes their metadata endpoint reachable, and lets go
  // of it again. Any thread; may block.
  std::function<Status(const std::string& task_id)> enter_host_network;
  std::function<void(const std::string& task_id)> leave_host_network;
  Loop* loop = nullptr;
  const logrouter::Driver* awslogs = nullptr;  // none: such journals go nowhere
  logrouter::Pump* logs = nullptr;             // none: journals are all there is
  WorkerPool* workers = nullptr;
  WorkerPool* pulls = nullptr;  // for what may wait for other machines
};

// The slots that tasks of an earlier daemon hold: what netns::Network::open must know. Reads
// <run>/tasks.
std::vector<netns::KnownSlot> known_slots(const Paths& paths,
                                          const std::vector<std::string>& task_ids);

}  // namespace drydock::runtime
