#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// An ECS task definition as values: what the rooms above act on. Field names are those of
// RegisterTaskDefinition in snake_case. The registered JSON document, which also keeps what is not
// acted on, travels beside it (parse.h).
namespace drydock::taskdef {

struct KeyValue {
  std::string name;
  std::string value;
  bool operator==(const KeyValue&) const = default;
};

struct Secret {
  std::string name;
  std::string value_from;
  bool operator==(const Secret&) const = default;
};

struct EnvironmentFile {
  std::string type;   // "s3"
  std::string value;  // an object's ARN
  bool operator==(const EnvironmentFile&) const = default;
};

struct PortMapping {
  int container_port = 0;            // 0 when a range is given
  int host_port = 0;                 // 0: not given (bridge: dynamic)
  std::string protocol = "tcp";      // tcp, udp
  std::string container_port_range;  // "8000-8010"
  std::string name;
  std::string app_protocol;
  bool operator==(const PortMapping&) const = default;
};

struct MountPoint {
  std::string source_volume;
  std::string container_path;
  bool read_only = false;
  bool operator==(const MountPoint&) const = default;
};

struct VolumeFrom {
  std::string source_container;
  bool read_only = false;
  bool operator==(const VolumeFrom&) const = default;
};

enum class Condition { kStart, kComplete, kSuccess, kHealthy };

struct Dependency {
  std::string container;
  Condition condition = Condition::kStart;
  bool operator==(const Dependency&) const = default;
};

struct HealthCheck {  // seconds
  std::vector<std::string> command;
  int interval = 30;
  int timeout = 5;
  int retries = 3;
  int start_period = 0;
  bool operator==(const HealthCheck&) const = default;
};

struct Ulimit {
  std::string name;  // "nofile", without RLIMIT_
  std::int64_t soft = 0;
  std::int64_t hard = 0;
  bool operator==(const Ulimit&) const = default;
};

struct LogConfiguration {
  std::string driver;
  std::vector<KeyValue> options;
  std::vector<Secret> secret_options;
  bool operator==(const LogConfiguration&) const = default;
};

struct FirelensConfiguration {
  std::string type;  // fluentd, fluentbit
  std::vector<KeyValue> options;
  bool operator==(const FirelensConfiguration&) const = default;
};

struct Device {
  std::string host_path;
  std::string container_path;
  std::vector<std::string> permissions;  // read, write, mknod
  bool operator==(const Device&) const = default;
};

struct Tmpfs {
  std::string container_path;
  int size_mib = 0;
  std::vector<std::string> mount_options;
  bool operator==(const Tmpfs&) const = default;
};

struct LinuxParameters {
  std::vector<std::string> capabilities_add;  // without CAP_, upper case, may be "ALL"
  std::vector<std::string> capabilities_drop;
  std::vector<Device> devices;
  std::vector<Tmpfs> tmpfs;
  bool init_process_enabled = false;
  std::optional<int> shared_memory_size_mib;
  std::optional<int> max_swap_mib;
  std::optional<int> swappiness;
  bool operator==(const LinuxParameters&) const = default;
};

struct RestartPolicy {
  bool enabled = false;
  std::vector<int> ignored_exit_codes;
  int restart_attempt_period = 300;  // seconds
  bool operator==(const RestartPolicy&) const = default;
};

struct ResourceRequirement {
  std::string type;  // GPU, InferenceAccelerator
  std::string value;
  bool operator==(const ResourceRequirement&) const = default;
};

struct HostEntry {
  std::string hostname;
  std::string ip_address;
  bool operator==(const HostEntry&) const = default;
};

struct ContainerDefinition {
  std::string name;
  std::string image;
  int cpu = 0;                                // CPU units; 0 when unset
  std::optional<int> memory_mib;              // hard limit
  std::optional<int> memory_reservation_mib;  // soft limit
  bool essential = true;
  std::optional<std::vector<std::string>> entry_point;  // absent: the image's
  std::optional<std::vector<std::string>> command;
  std::vector<KeyValue> environment;
  std::vector<EnvironmentFile> environment_files;
  std::vector<Secret> secrets;
  std::vector<PortMapping> port_mappings;
  std::vector<MountPoint> mount_points;
  std::vector<VolumeFrom> volumes_from;
  std::vector<Dependency> depends_on;
  std::vector<std::string> links;
  std::optional<int> start_timeout;  // seconds
  std::optional<int> stop_timeout;   // seconds
  std::string hostname;
  std::string user;
  std::string working_directory;
  bool disable_networking = false;
  bool privileged = false;
  bool readonly_root_filesystem = false;
  bool interactive = false;
  bool pseudo_terminal = false;
  std::vector<std::string> dns_servers;
  std::vector<std::string> dns_search_domains;
  std::vector<HostEntry> extra_hosts;
  std::vector<std::string> docker_security_options;
  std::map<std::string, std::string> docker_labels;
  std::vector<Ulimit> ulimits;
  std::vector<KeyValue> system_controls;  // namespace, value
  std::vector<ResourceRequirement> resource_requirements;
  std::optional<LogConfiguration> log_configuration;
  std::optional<FirelensConfiguration> firelens_configuration;
  std::optional<HealthCheck> health_check;
  std::optional<RestartPolicy> restart_policy;
  LinuxParameters linux_parameters;
  std::string credentials_parameter;  // repositoryCredentials
  std::string version_consistency;    // enabled, disabled; empty when unset
  bool operator==(const ContainerDefinition&) const = default;
};

struct EfsVolume {
  std::string file_system_id;
  std::string root_directory = "/";
  std::string access_point_id;
  bool transit_encryption = false;
  bool iam = false;
  bool operator==(const EfsVolume&) const = default;
};

struct DockerVolume {
  std::string scope = "task";  // task, shared
  bool autoprovision = false;
  std::string driver;
  std::map<std::string, std::string> driver_opts;
  std::map<std::string, std::string> labels;
  bool operator==(const DockerVolume&) const = default;
};

struct Volume {
  std::string name;
  std::string host_source_path;  // empty: a folder of the task's own
  std::optional<EfsVolume> efs;
  std::optional<DockerVolume> docker;
  bool fsx = false;                   // fsxWindowsFileServerVolumeConfiguration is present
  bool configured_at_launch = false;  // EBS
  bool operator==(const Volume&) const = default;
};

struct TaskDefinition {
  std::string family;
  int revision = 0;
  std::string network_mode = "awsvpc";  // awsvpc, bridge, host, none
  std::vector<std::string> requires_compatibilities;
  int cpu = 0;         // CPU units (1024 = one vCPU); 0 when unset
  int memory_mib = 0;  // 0 when unset
  std::string task_role_arn;
  std::string execution_role_arn;
  std::string pid_mode;          // "", task, host
  std::string ipc_mode;          // "", task, host, none
  std::string cpu_architecture;  // X86_64, ARM64; empty when not given: X86_64 in AWS
  std::string operating_system_family = "LINUX";
  int ephemeral_storage_gib = 0;  // 0 when unset
  bool fault_injection = false;
  bool proxy_configuration = false;  // present: stored and warned about
  std::vector<Volume> volumes;
  std::vector<ContainerDefinition> containers;
  bool operator==(const TaskDefinition&) const = default;
};

}  // namespace drydock::taskdef
