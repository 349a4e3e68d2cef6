#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/published.h"
#include "runtime/task_spec.h"

// What others may know of running tasks: immutable values, replaced as a whole by the engine after
// each turn in which something changed. Metadata and API answers are made from these and from
// nothing else of the engine.
namespace drydock::runtime {

// The agent's container states, in order of progress (metadata.md 8). The ECS API shows kRunning as
// RUNNING, kStopped as STOPPED and everything else as PENDING.
enum class ContainerStatus { kNone, kManifestPulled, kPulled, kCreated, kRunning, kStopped };
std::string_view metadata_name(ContainerStatus status);  // "NONE", "MANIFEST_PULLED", ...
std::string_view api_name(ContainerStatus status);       // "PENDING", "RUNNING", "STOPPED"

// The API's task states (firelens-and-lifecycle.md B1).
enum class TaskStatus {
  kProvisioning,
  kPending,
  kActivating,
  kRunning,
  kDeactivating,
  kStopping,
  kDeprovisioning,
  kStopped
};
std::string_view api_name(TaskStatus status);  // "PROVISIONING", ...

enum class Health { kUnknown, kHealthy, kUnhealthy };
std::string_view api_name(Health health);  // "UNKNOWN", ...

struct HealthView {
  Health status = Health::kUnknown;
  std::optional<Time> since;  // of the last change
  int exit_code = 0;          // of the last failed probe
  std::string output;         // at most limits::kHealthOutput bytes
  bool operator==(const HealthView&) const = default;
};

struct PublishedPort {
  std::string host_address;
  int host_port = 0;
  int container_port = 0;
  std::string protocol;
  bool operator==(const PublishedPort&) const = default;
};

struct ContainerView {
  std::string name;
  ContainerStatus known = ContainerStatus::kNone;
  bool desired_stopped = false;
  std::optional<int> exit_code;
  std::string reason;        // "<ErrorName>: <message>", empty when none
  std::string image_digest;  // manifest digest, "sha256:..."; empty until known
  std::string image_id;      // config digest
  std::optional<Time> created_at;
  std::optional<Time> started_at;
  std::optional<Time> finished_at;
  HealthView health;
  int restart_count = 0;
  int pid = 0;             // of the container's first process on the host; 0 when it does not run
  std::string bundle;      // folder with config.json and exit.json
  std::string cgroup;      // its path below the controllers' roots
  std::string log_folder;  // its journal
  std::vector<PublishedPort> ports;
  bool operator==(const ContainerView&) const = default;
};

// One network namespace of a task. Of one that is this machine's (mode host) or is made with its
// container and holds loopback only (none) there is no more to say than its mode.
struct NetworkView {
  std::string mode;                     // awsvpc, bridge, host, none
  std::vector<std::string> containers;  // by name
  int slot = -1;
  std::string netns_path;
  std::string address;           // "172.31.0.5"
  int prefix = 0;                // 16
  std::string subnet_cidr;       // "172.31.0.0/16"
  std::string gateway;           // "172.31.0.1"
  std::string ipv6_address;      // "fd00:1:2:3::5"; empty without IPv6
  std::string ipv6_subnet_cidr;  // "fd00:1:2:3::/64"
  std::string mac;               // lower-case colon form
  std::string private_dns_name;  // "ip-172-31-0-5.us-east-1.compute.internal"
  std::vector<std::string> dns_servers;
  std::vector<std::string> dns_search;
  std::string eni_id;  // "eni-" + 17 hex
  bool operator==(const NetworkView&) const = default;
};

struct TaskView {
  std::shared_ptr<const TaskSpec> spec;
  TaskStatus last_status = TaskStatus::kProvisioning;
  bool desired_stopped = false;
  int version = 1;  // +1 at each change that ECS would send an event for
  std::optional<Time> created_at, connectivity_at, pull_started_at, pull_stopped_at, started_at,
      stopping_at, execution_stopped_at, stopped_at;
  std::string stop_code;  // "EssentialContainerExited", ...; empty while it runs
  std::string stopped_reason;
  Health health = Health::kUnknown;
  std::string attachment_status = "PRECREATED";
  std::vector<NetworkView> networks;      // empty before there are any
  bool publishing = false;                // published ports are still being set up
  std::vector<ContainerView> containers;  // in task definition order
  std::vector<std::string> notes;  // what runs differently here than on Fargate, one line each
};

// Every task the engine knows, by task id.
struct World {
  std::map<std::string, std::shared_ptr<const TaskView>> tasks;
};
using PublishedWorld = Published<World>;

// The network of a container; an empty one before there is any.
const NetworkView& network_of(const std::vector<NetworkView>& networks,
                              const std::string& container);

// The view without its spec as JSON, and back: what the store keeps across a restart of the daemon.
Json view_json(const TaskView& view);
Result<TaskView> view_of_json(const Json& json, std::shared_ptr<const TaskSpec> spec);

}  // namespace drydock::runtime
