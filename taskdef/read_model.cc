#include "taskdef/read_model.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "taskdef/fargate_sizes.h"
#include "taskdef/node.h"

namespace drydock::taskdef {
namespace {

int int_of(const Node& node, int fallback = 0) {
  const long long value = node.number(fallback);
  return static_cast<int>(std::clamp<long long>(value, std::numeric_limits<int>::min(),
                                                std::numeric_limits<int>::max()));
}

std::optional<int> optional_int(const Node& node) {
  return node ? std::optional(int_of(node)) : std::nullopt;
}

// 0 is how some tools write "not set".
std::optional<int> optional_size(const Node& node) {
  return node.number() > 0 ? std::optional(int_of(node)) : std::nullopt;
}

std::optional<std::vector<std::string>> optional_texts(const Node& node) {
  return node ? std::optional(node.texts()) : std::nullopt;
}

template <class T>
std::vector<T> list_of(const Node& list, T (*read)(const Node&)) {
  std::vector<T> out;
  for (const Node& item : list.items()) out.push_back(read(item));
  return out;
}

std::map<std::string, std::string> map_of(const Node& object) {
  std::map<std::string, std::string> out;
  for (const std::string& key : object.keys()) out[key] = object[key].text();
  return out;
}

std::vector<KeyValue> options_of(const Node& object) {
  std::vector<KeyValue> out;
  for (const std::string& key : object.keys()) out.push_back({key, object[key].text()});
  return out;
}

KeyValue key_value(const Node& n) { return {n["name"].text(), n["value"].text()}; }
KeyValue system_control(const Node& n) { return {n["namespace"].text(), n["value"].text()}; }
Secret secret(const Node& n) { return {n["name"].text(), n["valueFrom"].text()}; }
EnvironmentFile environment_file(const Node& n) { return {n["type"].text(), n["value"].text()}; }
HostEntry host_entry(const Node& n) { return {n["hostname"].text(), n["ipAddress"].text()}; }
ResourceRequirement resource(const Node& n) { return {n["type"].text(), n["value"].text()}; }
VolumeFrom volume_from(const Node& n) {
  return {n["sourceContainer"].text(), n["readOnly"].flag()};
}
Tmpfs tmpfs(const Node& n) {
  return {n["containerPath"].text(), int_of(n["size"]), n["mountOptions"].texts()};
}
Device device(const Node& n) {
  return {n["hostPath"].text(), n["containerPath"].text(), n["permissions"].texts()};
}
Ulimit ulimit(const Node& n) {
  return {n["name"].text(), n["softLimit"].number(), n["hardLimit"].number()};
}
MountPoint mount_point(const Node& n) {
  return {n["sourceVolume"].text(), n["containerPath"].text(), n["readOnly"].flag()};
}
PortMapping port_mapping(const Node& n) {
  return {int_of(n["containerPort"]),     int_of(n["hostPort"]), n["protocol"].text("tcp"),
          n["containerPortRange"].text(), n["name"].text(),      n["appProtocol"].text()};
}

Dependency dependency(const Node& n) {
  const std::string condition = n["condition"].text();
  return {n["containerName"].text(), condition == "COMPLETE"  ? Condition::kComplete
                                     : condition == "SUCCESS" ? Condition::kSuccess
                                     : condition == "HEALTHY" ? Condition::kHealthy
                                                              : Condition::kStart};
}

HealthCheck health_check(const Node& n) {
  return {n["command"].texts(), int_of(n["interval"], 30), int_of(n["timeout"], 5),
          int_of(n["retries"], 3), int_of(n["startPeriod"])};
}

RestartPolicy restart_policy(const Node& n) {
  RestartPolicy out;
  out.enabled = n["enabled"].flag();
  for (const Node& code : n["ignoredExitCodes"].items())
    out.ignored_exit_codes.push_back(int_of(code));
  out.restart_attempt_period = int_of(n["restartAttemptPeriod"], out.restart_attempt_period);
  return out;
}

LinuxParameters linux_parameters(const Node& n) {
  LinuxParameters out;
  out.capabilities_add = n["capabilities"]["add"].texts();
  out.capabilities_drop = n["capabilities"]["drop"].texts();
  out.devices = list_of(n["devices"], device);
  out.tmpfs = list_of(n["tmpfs"], tmpfs);
  out.init_process_enabled = n["initProcessEnabled"].flag();
  out.shared_memory_size_mib = optional_size(n["sharedMemorySize"]);
  out.max_swap_mib = optional_int(n["maxSwap"]);
  out.swappiness = optional_int(n["swappiness"]);
  return out;
}

// What the container is made of: image, process, sizes, files.
void read_process(const Node& n, ContainerDefinition& out) {
  out.name = n["name"].text();
  out.image = n["image"].text();
  out.cpu = int_of(n["cpu"]);
  out.memory_mib = optional_size(n["memory"]);
  out.memory_reservation_mib = optional_size(n["memoryReservation"]);
  out.essential = n["essential"].flag(true);
  out.entry_point = optional_texts(n["entryPoint"]);
  out.command = optional_texts(n["command"]);
  out.environment = list_of(n["environment"], key_value);
  out.environment_files = list_of(n["environmentFiles"], environment_file);
  out.secrets = list_of(n["secrets"], secret);
  out.mount_points = list_of(n["mountPoints"], mount_point);
  out.volumes_from = list_of(n["volumesFrom"], volume_from);
  out.user = n["user"].text();
  out.working_directory = n["workingDirectory"].text();
  out.privileged = n["privileged"].flag();
  out.readonly_root_filesystem = n["readonlyRootFilesystem"].flag();
  out.interactive = n["interactive"].flag();
  out.pseudo_terminal = n["pseudoTerminal"].flag();
  out.docker_security_options = n["dockerSecurityOptions"].texts();
  out.docker_labels = map_of(n["dockerLabels"]);
  out.ulimits = list_of(n["ulimits"], ulimit);
  out.system_controls = list_of(n["systemControls"], system_control);
  out.resource_requirements = list_of(n["resourceRequirements"], resource);
  out.linux_parameters = linux_parameters(n["linuxParameters"]);
  out.credentials_parameter = n["repositoryCredentials"]["credentialsParameter"].text();
  out.version_consistency = n["versionConsistency"].text();
}

// How it lives with the others: network, order, health, logs.
void read_surroundings(const Node& n, ContainerDefinition& out) {
  out.port_mappings = list_of(n["portMappings"], port_mapping);
  out.depends_on = list_of(n["dependsOn"], dependency);
  out.links = n["links"].texts();
  out.start_timeout = optional_int(n["startTimeout"]);
  out.stop_timeout = optional_int(n["stopTimeout"]);
  out.hostname = n["hostname"].text();
  out.disable_networking = n["disableNetworking"].flag();
  out.dns_servers = n["dnsServers"].texts();
  out.dns_search_domains = n["dnsSearchDomains"].texts();
  out.extra_hosts = list_of(n["extraHosts"], host_entry);
  if (const Node log = n["logConfiguration"])
    out.log_configuration = LogConfiguration{log["logDriver"].text(), options_of(log["options"]),
                                             list_of(log["secretOptions"], secret)};
  if (const Node router = n["firelensConfiguration"])
    out.firelens_configuration =
        FirelensConfiguration{router["type"].text(), options_of(router["options"])};
  if (const Node check = n["healthCheck"]) out.health_check = health_check(check);
  if (const Node policy = n["restartPolicy"]) out.restart_policy = restart_policy(policy);
}

ContainerDefinition container(const Node& n) {
  ContainerDefinition out;
  read_process(n, out);
  read_surroundings(n, out);
  return out;
}

Volume volume(const Node& n) {
  Volume out;
  out.name = n["name"].text();
  out.host_source_path = n["host"]["sourcePath"].text();
  if (const Node efs = n["efsVolumeConfiguration"]) {
    const Node authorization = efs["authorizationConfig"];
    out.efs = EfsVolume{efs["fileSystemId"].text(), efs["rootDirectory"].text("/"),
                        authorization["accessPointId"].text(),
                        efs["transitEncryption"].text() == "ENABLED",
                        authorization["iam"].text() == "ENABLED"};
  }
  if (const Node docker = n["dockerVolumeConfiguration"])
    out.docker = DockerVolume{docker["scope"].text("task"), docker["autoprovision"].flag(),
                              docker["driver"].text(), map_of(docker["driverOpts"]),
                              map_of(docker["labels"])};
  out.fsx = static_cast<bool>(n["fsxWindowsFileServerVolumeConfiguration"]);
  out.configured_at_launch = n["configuredAtLaunch"].flag();
  return out;
}

}  // namespace

TaskDefinition read_model(const Json& document) {
  const Node n(document);
  TaskDefinition out;
  out.family = n["family"].text();
  out.revision = int_of(n["revision"]);
  out.network_mode = n["networkMode"].text("bridge");
  out.requires_compatibilities = n["requiresCompatibilities"].texts();
  out.cpu = parse_cpu(n["cpu"].text()).value_or(0);
  out.memory_mib = parse_memory(n["memory"].text()).value_or(0);
  out.task_role_arn = n["taskRoleArn"].text();
  out.execution_role_arn = n["executionRoleArn"].text();
  out.pid_mode = n["pidMode"].text();
  out.ipc_mode = n["ipcMode"].text();
  const Node platform = n["runtimePlatform"];
  out.cpu_architecture = platform["cpuArchitecture"].text(out.cpu_architecture);
  out.operating_system_family = platform["operatingSystemFamily"].text(out.operating_system_family);
  out.ephemeral_storage_gib = int_of(n["ephemeralStorage"]["sizeInGiB"]);
  out.fault_injection = n["enableFaultInjection"].flag();
  out.proxy_configuration = static_cast<bool>(n["proxyConfiguration"]);
  out.volumes = list_of(n["volumes"], volume);
  out.containers = list_of(n["containerDefinitions"], container);
  return out;
}

}  // namespace drydock::taskdef
