#include "cli/run_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/env_files.h"

namespace drydock::cli {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& n : names) out += (out.empty() ? "" : ", ") + n;
  return out;
}

Status check_container(const char* flag, const std::string& name,
                       const std::vector<std::string>& containers) {
  if (std::find(containers.begin(), containers.end(), name) != containers.end()) return {};
  return fail(Errc::kInvalid, std::string(flag) + ": the task definition has no container \"" +
                                  name + "\" (it has " + listed(containers) + ")");
}

// The override of one container, made if absent.
Json& container_override(Json& overrides, const std::string& name) {
  Json& list = overrides["containerOverrides"];
  if (!list.is_array()) list = Json::array();
  for (auto& entry : list)
    if (entry.is_object() && json_string(entry, "name") == name) return entry;
  list.push_back(Json{{"name", name}});
  return list.back();
}

void set_variable(Json& override_, const EnvironmentSetting& setting) {
  Json& list = override_["environment"];
  if (!list.is_array()) list = Json::array();
  for (auto& entry : list) {
    if (!entry.is_object() || json_string(entry, "name") != setting.name) continue;
    entry["value"] = setting.value;
    return;
  }
  list.push_back(Json{{"name", setting.name}, {"value", setting.value}});
}

}  // namespace

std::vector<std::string> container_names(const Json& definition) {
  std::vector<std::string> names;
  const Json* list = json_find(definition, "containerDefinitions");
  if (list && list->is_array())
    for (const auto& c : *list)
      if (c.is_object()) names.push_back(json_string(c, "name"));
  return names;
}

Result<Json> run_request(const RunOptions& options, const Json& definition,
                         const std::vector<std::string>& containers, Json overrides,
                         std::vector<std::string> objects) {
  if (overrides.is_null()) overrides = Json::object();
  if (!overrides.is_object())
    return fail(Errc::kInvalid,
                "--overrides: " + options.overrides_file + " must hold a JSON object");
  for (const auto& setting : options.environment) {
    if (!setting.container.empty())
      DRYDOCK_TRY(check_container("--env", setting.container, containers));
    for (const auto& name : containers)
      if (setting.container.empty() || setting.container == name)
        set_variable(container_override(overrides, name), setting);
  }
  for (const auto& setting : options.commands) {
    DRYDOCK_TRY(check_container("--command", setting.container, containers));
    container_override(overrides, setting.container)["command"] = setting.command;
  }
  for (std::string& arn : environment_objects(overrides)) objects.push_back(std::move(arn));
  DRYDOCK_LET(const EnvFiles files, settle_env_files(options.env_files, objects));
  if (files.for_every_container)
    for (const auto& name : containers)
      for (const auto& [arn, path] : files.objects)
        container_override(overrides, name)["environmentFiles"].push_back(
            {{"type", "s3"}, {"value", arn}});
  if (!options.cpu.empty()) overrides["cpu"] = options.cpu;
  if (!options.memory.empty()) overrides["memory"] = options.memory;

  Json body = {{"taskDefinition", definition},  {"cluster", options.cluster},
               {"count", options.count},        {"strict", options.strict},
               {"foreground", !options.detach}, {"publishAutomatically", !options.no_publish}};
  for (const auto& [arn, path] : files.objects) body["objects"][arn] = path;
  if (!options.pull.empty()) body["pull"] = options.pull;
  if (!options.firelens.empty()) body["firelens"] = options.firelens;
  if (options.firelens_local) body["firelensLocal"] = true;
  if (options.storage_mib > 0) body["storageMib"] = options.storage_mib;
  for (const auto& [name, gib] : options.volume_sizes)
    body["volumeConfigurations"].push_back(
        {{"name", name},
         {"managedEBSVolume", {{"sizeInGiB", gib}, {"roleArn", "ecsInfrastructureRole"}}}});
  if (!options.credentials.empty()) body["credentials"] = options.credentials;
  if (!overrides.empty()) body["overrides"] = std::move(overrides);
  if (!options.group.empty()) body["group"] = options.group;
  for (const auto& [container, reference] : options.images) {
    DRYDOCK_TRY(check_container("--image", container, containers));
    body["images"][container] = reference;
  }
  for (const auto& p : options.publish) {
    if (!p.container.empty()) DRYDOCK_TRY(check_container("--publish", p.container, containers));
    Json entry = {
        {"hostPort", p.host_port}, {"containerPort", p.container_port}, {"protocol", p.protocol}};
    if (!p.container.empty()) entry["container"] = p.container;
    if (!p.address.empty()) entry["hostAddress"] = p.address;
    body["publish"].push_back(std::move(entry));
  }
  if (!options.subnets.empty() || !options.security_groups.empty())
    body["networkConfiguration"]["awsvpcConfiguration"] = {
        {"subnets", options.subnets}, {"securityGroups", options.security_groups}};
  return body;
}

}  // namespace drydock::cli
