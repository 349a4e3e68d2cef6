#include "control/task_document.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/block_volume.h"
#include "control/managed_agents.h"
#include "control/network_bindings.h"

namespace drydock::control {
namespace {

using runtime::ContainerStatus;
using runtime::TaskStatus;

void put_time(Json& out, const char* key, const std::optional<Time>& t) {
  if (t) out[key] = epoch_seconds(*t);
}
void put_exact_time(Json& out, const char* key, const std::optional<Time>& t) {
  if (t) out[key] = rfc3339_nano(*t);
}
void put_text(Json& out, const char* key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}

const runtime::ContainerView* view_of(const runtime::TaskView& view, const std::string& name) {
  const auto it = std::find_if(view.containers.begin(), view.containers.end(),
                               [&](const auto& c) { return c.name == name; });
  return it == view.containers.end() ? nullptr : &*it;
}

template <class M>
std::string at_or_empty(const M& map, const std::string& key) {
  const auto it = map.find(key);
  return it == map.end() ? std::string() : it->second;
}

Json container_json(const TaskRecord& record, const taskdef::ContainerDefinition& c,
                    const runtime::TaskView& task) {
  const runtime::TaskSpec& spec = *record.spec;
  const runtime::ContainerView* view = view_of(task, c.name);
  const std::string other_image = at_or_empty(spec.images, c.name);
  const bool provisioned = task.last_status != TaskStatus::kProvisioning;
  Json out = {{"containerArn", at_or_empty(spec.container_arns, c.name)},
              {"taskArn", spec.task_arn},
              {"name", c.name},
              {"image", other_image.empty() ? c.image : other_image}};
  if (view) put_text(out, "imageDigest", view->image_digest);
  if (provisioned) put_text(out, "runtimeId", at_or_empty(spec.container_ids, c.name));
  out["lastStatus"] = std::string(runtime::api_name(view ? view->known : ContainerStatus::kNone));
  if (view && view->exit_code) out["exitCode"] = *view->exit_code;
  if (view) put_text(out, "reason", view->reason);
  out["networkBindings"] =
      view ? network_bindings(c, *view, spec.definition.network_mode) : Json::array();
  out["networkInterfaces"] = Json::array();
  const runtime::NetworkView& network = runtime::network_of(task.networks, c.name);
  if (!spec.attachment_id.empty() && !network.address.empty()) {
    Json interface = {{"attachmentId", spec.attachment_id},
                      {"privateIpv4Address", network.address}};
    put_text(interface, "ipv6Address", network.ipv6_address);
    out["networkInterfaces"].push_back(std::move(interface));
  }
  if (provisioned)
    out["healthStatus"] =
        std::string(runtime::api_name(view ? view->health.status : runtime::Health::kUnknown));
  out["managedAgents"] = managed_agents(record, c, view);
  out["cpu"] = std::to_string(c.cpu);
  if (c.memory_mib) out["memory"] = std::to_string(*c.memory_mib);
  if (c.memory_reservation_mib)
    out["memoryReservation"] = std::to_string(*c.memory_reservation_mib);
  return out;
}

// The elastic network interface; before it exists only its subnet is known.
Json attachments_json(const runtime::TaskSpec& spec, const runtime::TaskView& task) {
  Json list = Json::array();
  if (spec.attachment_id.empty()) return list;
  Json details = Json::array();
  const auto detail = [&](const char* name, const std::string& value) {
    if (!value.empty()) details.push_back({{"name", name}, {"value", value}});
  };
  detail("subnetId", spec.subnet_id);
  if (!task.networks.empty()) {
    const runtime::NetworkView& eni = task.networks.front();
    detail("networkInterfaceId", eni.eni_id);
    detail("macAddress", eni.mac);
    detail("privateDnsName", eni.private_dns_name);
    detail("privateIPv4Address", eni.address);
    detail("ipv6Address", eni.ipv6_address);
  }
  list.push_back({{"id", spec.attachment_id},
                  {"type", "ElasticNetworkInterface"},
                  {"status", task.attachment_status},
                  {"details", std::move(details)}});
  return list;
}

Json local_container_json(const taskdef::ContainerDefinition& c,
                          const runtime::ContainerView& view) {
  Json out = {{"name", c.name},
              {"status", std::string(runtime::metadata_name(view.known))},
              {"desiredStopped", view.desired_stopped},
              {"essential", c.essential}};
  put_exact_time(out, "createdAt", view.created_at);
  put_exact_time(out, "startedAt", view.started_at);
  put_exact_time(out, "finishedAt", view.finished_at);
  if (view.exit_code) out["exitCode"] = *view.exit_code;
  put_text(out, "reason", view.reason);
  if (view.restart_count) out["restartCount"] = view.restart_count;
  if (view.pid) out["pid"] = view.pid;
  put_text(out, "bundle", view.bundle);
  put_text(out, "cgroup", view.cgroup);
  put_text(out, "logFolder", view.log_folder);
  put_text(out, "imageId", view.image_id);
  put_text(out, "imageDigest", view.image_digest);
  if (c.health_check) {
    Json health = {{"status", std::string(runtime::api_name(view.health.status))}};
    put_exact_time(health, "since", view.health.since);
    if (view.health.exit_code) health["exitCode"] = view.health.exit_code;
    put_text(health, "output", view.health.output);
    out["health"] = std::move(health);
  }
  out["mappedPorts"] = Json::array();
  for (const auto& p : c.port_mappings)
    if (p.container_port)
      out["mappedPorts"].push_back({{"containerPort", p.container_port}, {"protocol", p.protocol}});
  out["ports"] = Json::array();
  for (const auto& p : view.ports)
    out["ports"].push_back({{"hostAddress", p.host_address},
                            {"hostPort", p.host_port},
                            {"containerPort", p.container_port},
                            {"protocol", p.protocol}});
  return out;
}

Json local_network_json(const runtime::NetworkView& net) {
  Json network = {{"mode", net.mode}, {"containers", net.containers}};
  put_text(network, "namespace", net.netns_path);
  if (net.slot < 0) return network;
  network["slot"] = net.slot;
  put_text(network, "address", net.address);
  if (net.prefix) network["prefix"] = net.prefix;
  put_text(network, "gateway", net.gateway);
  put_text(network, "mac", net.mac);
  network["dnsServers"] = net.dns_servers;
  network["dnsSearch"] = net.dns_search;
  return network;
}

}  // namespace

Json task_json(const TaskRecord& record, const runtime::TaskView& view, bool with_tags) {
  const runtime::TaskSpec& spec = *record.spec;
  Json out = *record.fixed;
  out["attachments"] = attachments_json(spec, view);
  if (spec.block_volume)
    out["attachments"].push_back(block_attachment(*spec.block_volume, view.attachment_status));
  out["availabilityZone"] = spec.availability_zone;
  if (view.connectivity_at) out["connectivity"] = "CONNECTED";
  put_time(out, "connectivityAt", view.connectivity_at);
  out["containers"] = Json::array();
  for (const auto& c : spec.definition.containers)
    out["containers"].push_back(container_json(record, c, view));
  put_time(out, "createdAt", view.created_at);
  out["desiredStatus"] = view.desired_stopped ? "STOPPED" : "RUNNING";
  put_time(out, "executionStoppedAt", view.execution_stopped_at);
  out["healthStatus"] = std::string(runtime::api_name(view.health));
  out["lastStatus"] = std::string(runtime::api_name(view.last_status));
  put_time(out, "pullStartedAt", view.pull_started_at);
  put_time(out, "pullStoppedAt", view.pull_stopped_at);
  put_time(out, "startedAt", view.started_at);
  // Until it has stopped, an interruption is its notice (api.md 3.6).
  const bool noticed = view.stop_code == "SpotInterruption" && !view.stopped_at;
  put_text(out, "stopCode", noticed ? "TerminationNotice" : view.stop_code);
  put_time(out, "stoppedAt", view.stopped_at);
  put_text(out, "stoppedReason", view.stopped_reason);
  put_time(out, "stoppingAt", view.stopping_at);
  out["tags"] = with_tags ? tags_json(record.tags) : Json::array();
  out["version"] = view.version;
  return out;
}

Json local_task_json(const TaskRecord& record, const runtime::TaskView& view) {
  const runtime::TaskSpec& spec = *record.spec;
  Json out = task_json(record, view, true);
  Json local = {{"id", spec.task_id},
                {"cluster", spec.cluster_name},
                {"family", spec.definition.family},
                {"revision", spec.definition.revision},
                {"notes", view.notes}};
  local["networks"] = Json::array();
  for (const auto& one : view.networks) local["networks"].push_back(local_network_json(one));
  if (view.publishing) local["publishing"] = true;
  local["containers"] = Json::array();
  for (const auto& c : spec.definition.containers) {
    const runtime::ContainerView* found = view_of(view, c.name);
    local["containers"].push_back(
        local_container_json(c, found ? *found : runtime::ContainerView{}));
  }
  out["local"] = std::move(local);
  return out;
}

}  // namespace drydock::control
