#include "runtime/bundle/metadata_file.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "base/json.h"

namespace drydock::runtime {
namespace {

std::string runtime_id(const TaskSpec& spec, const std::string& container) {
  const auto found = spec.container_ids.find(container);
  return found == spec.container_ids.end() ? std::string() : found->second;
}

const taskdef::ContainerDefinition* definition_of(const TaskSpec& spec, const std::string& name) {
  const auto& all = spec.definition.containers;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

Json port_mappings(const taskdef::ContainerDefinition& definition, const StartedFacts& started) {
  Json out = Json::array();
  for (const auto& mapping : definition.port_mappings) {
    const auto bound =
        std::find_if(started.ports.begin(), started.ports.end(), [&](const auto& port) {
          return port.container_port == mapping.container_port && port.protocol == mapping.protocol;
        });
    const bool published = bound != started.ports.end();
    Json one;
    one["ContainerPort"] = mapping.container_port;
    one["HostPort"] = published ? bound->host_port : mapping.host_port;
    if (published) one["BindIp"] = bound->host_address;
    one["Protocol"] = mapping.protocol;
    out.push_back(std::move(one));
  }
  return out;
}

Json networks(const TaskSpec& spec, const NetworkView& network) {
  Json one;
  one["NetworkMode"] = spec.definition.network_mode;
  if (spec.definition.network_mode != "awsvpc" && !network.address.empty())
    one["IPv4Addresses"] = Json::array({network.address});
  return Json::array({std::move(one)});
}

}  // namespace

std::string metadata_folder(const TaskSpec& spec, const std::string& container) {
  // As a UUID: the same for the same container.
  std::string id = sha256_hex(runtime_id(spec, container)).substr(0, 32);
  for (const std::size_t at : {8, 13, 18, 23}) id.insert(at, "-");
  return "/opt/ecs/metadata/" + id;
}

std::string metadata_file_text(const TaskSpec& spec, const std::string& container,
                               const NetworkView& network,
                               const std::optional<StartedFacts>& started) {
  const auto* definition = definition_of(spec, container);
  Json out;
  out["Cluster"] = spec.cluster_name;
  out["ContainerInstanceARN"] = container_instance_arn(spec);
  out["TaskARN"] = spec.task_arn;
  out["TaskDefinitionFamily"] = spec.definition.family;
  out["TaskDefinitionRevision"] = std::to_string(spec.definition.revision);
  if (started) out["ContainerID"] = runtime_id(spec, container);
  out["ContainerName"] = container;
  if (started && definition) {
    out["DockerContainerName"] = "/" + docker_name(spec, container);
    out["ImageID"] = started->image_id;
    out["ImageName"] = definition->image;
    out["PortMappings"] = port_mappings(*definition, *started);
    out["Networks"] = networks(spec, network);
    out["MetadataFileStatus"] = "READY";
  }
  out["AvailabilityZone"] = spec.availability_zone;
  if (!network.gateway.empty()) out["HostPrivateIPv4Address"] = network.gateway;
  return out.dump(1, '\t', false, Json::error_handler_t::replace);
}

std::string container_instance_arn(const TaskSpec& spec) {
  if (!spec.container_instance.empty()) return spec.container_instance;
  return machine_instance_arn(spec.region, spec.account, spec.cluster_name, spec.cluster_arn);
}

std::string machine_instance_arn(const std::string& region, const std::string& account,
                                 const std::string& cluster_name, const std::string& cluster_arn) {
  return ecs_arn(
      region, account,
      "container-instance/" + cluster_name + "/" + sha256_hex(cluster_arn).substr(0, 32));
}

std::string short_container_id(const TaskSpec& spec, const std::string& container) {
  return sha256_hex(runtime_id(spec, container)).substr(0, 12);
}

std::string docker_name(const TaskSpec& spec, const std::string& container) {
  if (spec.launch_type == "FARGATE") return container;
  std::string plain;
  for (const char c : container)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-') plain += c;
  return "ecs-" + spec.definition.family + "-" + std::to_string(spec.definition.revision) + "-" +
         plain + "-" + sha256_hex(runtime_id(spec, container)).substr(0, 20);
}

}  // namespace drydock::runtime
