#include "metadata/documents.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>

#include "runtime/bundle/metadata_file.h"

namespace drydock::metadata {
namespace {

using runtime::ContainerStatus;
using runtime::ContainerView;
using runtime::TaskSpec;
using runtime::TaskView;
using taskdef::ContainerDefinition;

constexpr int kLeastCpuUnits = 2;            // metadata.md 7.3
constexpr std::int64_t kStorageMargin = 16;  // MiB: the default of 20 GiB shows as 20496 (7.9)

bool on_fargate(const TaskSpec& spec) { return spec.launch_type == "FARGATE"; }
std::string cluster_of(const TaskSpec& spec) {
  return on_fargate(spec) ? spec.cluster_arn : spec.cluster_name;
}

const ContainerDefinition& definition_of(const TaskView& task, const std::string& name) {
  static const ContainerDefinition kNone;
  for (const auto& one : task.spec->definition.containers)
    if (one.name == name) return one;
  return kNone;
}

std::string entry(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::string() : found->second;
}

void put_text(Json& out, const char* key, const std::string& value) {
  if (!value.empty()) out[key] = value;
}
void put_time(Json& out, const char* key, const std::optional<Time>& time) {
  if (time) out[key] = rfc3339_short(*time);
}
void put_list(Json& out, const char* key, const std::vector<std::string>& values) {
  if (!values.empty()) out[key] = values;
}

Json labels(const TaskSpec& spec, const ContainerDefinition& definition) {
  auto all = definition.docker_labels;  // a map: keys come out in byte order
  all["com.amazonaws.ecs.cluster"] = cluster_of(spec);
  all["com.amazonaws.ecs.container-name"] = definition.name;
  all["com.amazonaws.ecs.task-arn"] = spec.task_arn;
  all["com.amazonaws.ecs.task-definition-family"] = spec.definition.family;
  all["com.amazonaws.ecs.task-definition-version"] = std::to_string(spec.definition.revision);
  Json out = Json::object();
  for (const auto& [key, value] : all) out[key] = value;
  return out;
}

Json container_limits(const TaskSpec& spec, const ContainerDefinition& definition) {
  Json out;
  out["CPU"] = std::max(definition.cpu, kLeastCpuUnits);
  if (definition.memory_mib)
    out["Memory"] = *definition.memory_mib;
  else if (!on_fargate(spec))
    out["Memory"] = 0;
  return out;
}

Json health(const runtime::HealthView& view) {
  Json out = Json::object();
  if (view.status != runtime::Health::kUnknown) out["status"] = runtime::api_name(view.status);
  put_time(out, "statusSince", view.since);
  if (view.exit_code != 0) out["exitCode"] = view.exit_code;
  put_text(out, "output", view.output);
  return out;
}

Json volumes(const TaskSpec& spec, const ContainerDefinition& definition) {
  Json out = Json::array();
  for (const auto& mount : definition.mount_points) {
    Json one;
    const auto& all = spec.definition.volumes;
    const auto volume = std::find_if(all.begin(), all.end(),
                                     [&](const auto& v) { return v.name == mount.source_volume; });
    if (volume != all.end() && !volume->host_source_path.empty())
      one["Source"] = volume->host_source_path;
    else
      one["DockerName"] = spec.definition.family + "-" + std::to_string(spec.definition.revision) +
                          "-" + mount.source_volume;
    put_text(one, "Destination", mount.container_path);
    out.push_back(std::move(one));
  }
  return out;
}

// Fargate's samples show no ports at all (metadata.md 5, row 6).
Json ports(const TaskSpec& spec, const ContainerDefinition& definition,
           const ContainerView& container, Version version) {
  Json out = Json::array();
  if (on_fargate(spec)) return out;
  for (const auto& mapping : definition.port_mappings) {
    if (mapping.container_port == 0) continue;
    Json one;
    one["ContainerPort"] = mapping.container_port;
    put_text(one, "Protocol", mapping.protocol);
    const bool same =
        spec.definition.network_mode == "awsvpc" || spec.definition.network_mode == "host";
    const auto published =
        std::find_if(container.ports.begin(), container.ports.end(), [&](const auto& port) {
          return port.container_port == mapping.container_port && port.protocol == mapping.protocol;
        });
    const bool bound = !same && published != container.ports.end();
    const int fixed = same ? mapping.container_port : mapping.host_port;
    if (const int host = bound ? published->host_port : fixed; host != 0) one["HostPort"] = host;
    if (bound && version == Version::kV4) put_text(one, "HostIp", published->host_address);
    out.push_back(std::move(one));
  }
  return out;
}

// ECS has made the stream's name out of its prefix; secret options never show.
Json log_options(const TaskSpec& spec, const ContainerDefinition& definition) {
  std::map<std::string, std::string> sorted;
  for (const auto& [name, value] : definition.log_configuration->options) {
    if (name == "awslogs-stream-prefix")
      sorted["awslogs-stream"] = value + "/" + definition.name + "/" + spec.task_id;
    else
      sorted[name] = value;
  }
  Json out = Json::object();
  for (const auto& [name, value] : sorted) out[name] = value;
  return out;
}

Json networks(const TaskView& task, const std::string& container, Version version) {
  const auto& net = runtime::network_of(task.networks, container);
  const auto& mode = task.spec->definition.network_mode;
  Json one;
  one["NetworkMode"] = mode;
  if (!net.address.empty()) one["IPv4Addresses"] = Json::array({net.address});
  if (!net.ipv6_address.empty()) one["IPv6Addresses"] = Json::array({net.ipv6_address});
  if (version == Version::kV4 && mode == "awsvpc") {
    one["AttachmentIndex"] = 0;
    put_text(one, "MACAddress", net.mac);
    put_text(one, "IPv4SubnetCIDRBlock", net.subnet_cidr);
    put_text(one, "IPv6SubnetCIDRBlock", net.ipv6_subnet_cidr);
    put_list(one, "DomainNameServers", net.dns_servers);
    put_list(one, "DomainNameSearchList", net.dns_search);
    put_text(one, "PrivateDNSName", net.private_dns_name);
    if (!net.gateway.empty())
      one["SubnetGatewayIpv4Address"] = net.gateway + "/" + std::to_string(net.prefix);
  }
  return Json::array({std::move(one)});
}

void put_v4_tail(Json& out, const TaskView& task, const ContainerView& container,
                 const ContainerDefinition& definition) {
  const auto& spec = *task.spec;
  if (definition.log_configuration) {
    put_text(out, "LogDriver", definition.log_configuration->driver);
    if (auto options = log_options(spec, definition); !options.empty())
      out["LogOptions"] = std::move(options);
  }
  put_text(out, "ContainerARN", entry(spec.container_arns, container.name));
  if (is_created(container)) out["Networks"] = networks(task, container.name, Version::kV4);
  if (on_fargate(spec)) out["Snapshotter"] = "overlayfs";
  if (definition.restart_policy && definition.restart_policy->enabled)
    out["RestartCount"] = container.restart_count;
}

// A task is where its slowest container is; a pulled task has no name of its own (metadata.md 8).
std::string known_status(const TaskView& task) {
  if (task.last_status == runtime::TaskStatus::kStopped) return "STOPPED";
  auto slowest = ContainerStatus::kStopped;
  if (task.containers.empty()) slowest = ContainerStatus::kNone;
  for (const auto& one : task.containers) slowest = std::min(slowest, one.known);
  return slowest == ContainerStatus::kPulled ? "NONE"
                                             : std::string(runtime::metadata_name(slowest));
}

Json containers(const TaskView& task, Version version) {
  Json out = Json::array();
  for (const auto& one : task.containers)
    if (version == Version::kV4 || is_created(one))
      out.push_back(container_document(task, one, version));
  return out;
}

Json clock_drift(const HostFacts::Clock& clock) {
  Json out;
  if (clock.error_bound_ms != 0) out["ClockErrorBound"] = number(clock.error_bound_ms);
  out["ReferenceTimestamp"] =
      rfc3339_short(std::chrono::floor<std::chrono::seconds>(clock.reference));
  out["ClockSynchronizationStatus"] = clock.synchronized ? "SYNCHRONIZED" : "NOT_SYNCHRONIZED";
  return out;
}

Json storage(const TaskSpec& spec, std::int64_t utilized_mib) {
  Json out;
  out["Utilized"] = utilized_mib;
  out["Reserved"] = runtime::storage_mib(spec) + kStorageMargin;
  return out;
}

void put_v4_task_tail(Json& out, const TaskView& task, const HostFacts& host) {
  const auto& spec = *task.spec;
  if (auto all = containers(task, Version::kV4); !all.empty()) out["Containers"] = std::move(all);
  put_text(out, "ServiceName", spec.service_name);
  if (on_fargate(spec) && host.clock) out["ClockDrift"] = clock_drift(*host.clock);
  if (on_fargate(spec) && host.storage_utilized_mib)
    out["EphemeralStorageMetrics"] = storage(spec, *host.storage_utilized_mib);
  out["FaultInjectionEnabled"] = spec.definition.fault_injection;
}

}  // namespace

bool is_created(const ContainerView& container) {
  return container.known >= ContainerStatus::kCreated;
}

Json number(double value) {
  if (std::floor(value) == value && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

std::string wire_text(const Json& value) {
  std::string out;
  const auto text = dump_json(value);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto three = std::string_view(text).substr(i, 3);
    if (text[i] == '<') {
      out += "\\u003c";
    } else if (text[i] == '>') {
      out += "\\u003e";
    } else if (text[i] == '&') {
      out += "\\u0026";
    } else if (three == "\xe2\x80\xa8" || three == "\xe2\x80\xa9") {
      out += three[2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

const ContainerView* container_by_id(const TaskView& task, const std::string& id) {
  for (const auto& one : task.containers)
    if (!id.empty() && entry(task.spec->container_ids, one.name) == id) return &one;
  return nullptr;
}

Json container_document(const TaskView& task, const ContainerView& container, Version version) {
  const auto& spec = *task.spec;
  const auto& definition = definition_of(task, container.name);
  Json out;
  out["DockerId"] =
      is_created(container) ? entry(spec.container_ids, container.name) : std::string();
  out["Name"] = container.name;
  out["DockerName"] = runtime::docker_name(spec, container.name);
  out["Image"] = definition.image;
  const bool by_digest = on_fargate(spec) && !container.image_digest.empty();
  out["ImageID"] = by_digest ? container.image_digest : container.image_id;
  if (auto all = ports(spec, definition, container, version); !all.empty())
    out["Ports"] = std::move(all);
  out["Labels"] = labels(spec, definition);
  out["DesiredStatus"] = container.desired_stopped ? "STOPPED" : "RUNNING";
  out["KnownStatus"] = runtime::metadata_name(container.known);
  if (container.exit_code) out["ExitCode"] = *container.exit_code;
  out["Limits"] = container_limits(spec, definition);
  put_time(out, "CreatedAt", container.created_at);
  put_time(out, "StartedAt", container.started_at);
  put_time(out, "FinishedAt", container.finished_at);
  out["Type"] = "NORMAL";
  if (version != Version::kV4) out["Networks"] = networks(task, container.name, version);
  if (definition.health_check) out["Health"] = health(container.health);
  if (auto all = volumes(spec, definition); !all.empty()) out["Volumes"] = std::move(all);
  if (version == Version::kV4) put_v4_tail(out, task, container, definition);
  return out;
}

Json task_document(const TaskView& task, Version version, const HostFacts& host, bool with_tags) {
  const auto& spec = *task.spec;
  Json out;
  out["Cluster"] = cluster_of(spec);
  out["TaskARN"] = spec.task_arn;
  out["Family"] = spec.definition.family;
  out["Revision"] = std::to_string(spec.definition.revision);
  out["DesiredStatus"] = task.desired_stopped ? "STOPPED" : "RUNNING";
  out["KnownStatus"] = known_status(task);
  if (version != Version::kV4)
    if (auto all = containers(task, version); !all.empty()) out["Containers"] = std::move(all);
  Json limits;
  if (spec.definition.cpu != 0) limits["CPU"] = number(spec.definition.cpu / 1024.0);
  if (spec.definition.memory_mib != 0) limits["Memory"] = spec.definition.memory_mib;
  if (!limits.empty()) out["Limits"] = std::move(limits);
  put_time(out, "PullStartedAt", task.pull_started_at);
  put_time(out, "PullStoppedAt", task.pull_stopped_at);
  put_time(out, "ExecutionStoppedAt", task.execution_stopped_at);
  put_text(out, "AvailabilityZone", spec.availability_zone);
  if (with_tags && !spec.tags.empty())
    for (const auto& [key, value] : spec.tags) out["TaskTags"][key] = value;
  if (version != Version::kV4) return out;
  out["LaunchType"] = spec.launch_type;
  put_v4_task_tail(out, task, host);
  return out;
}

}  // namespace drydock::metadata
