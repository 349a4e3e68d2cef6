// The stored form of a TaskRecord (task_document.h): what the store keeps of one task across a
// restart of the daemon.
#include <nlohmann/json.hpp>

#include "control/block_volume.h"
#include "control/task_document.h"
#include "taskdef/overrides.h"
#include "taskdef/read_model.h"

namespace drydock::control {
namespace {

using runtime::PublishRequest;
using runtime::TaskSpec;

// Every plain text member of a TaskSpec, by its name in the stored form: one table for both
// directions.
constexpr std::pair<const char*, std::string TaskSpec::*> kTexts[] = {
    {"taskId", &TaskSpec::task_id},
    {"taskArn", &TaskSpec::task_arn},
    {"clusterName", &TaskSpec::cluster_name},
    {"clusterArn", &TaskSpec::cluster_arn},
    {"taskDefinitionArn", &TaskSpec::task_definition_arn},
    {"region", &TaskSpec::region},
    {"account", &TaskSpec::account},
    {"availabilityZone", &TaskSpec::availability_zone},
    {"group", &TaskSpec::group},
    {"serviceName", &TaskSpec::service_name},
    {"containerInstance", &TaskSpec::container_instance},
    {"launchType", &TaskSpec::launch_type},
    {"platformVersion", &TaskSpec::platform_version},
    {"attachmentId", &TaskSpec::attachment_id},
    {"subnetId", &TaskSpec::subnet_id},
    {"pull", &TaskSpec::pull},
    {"secretsFile", &TaskSpec::secrets_file},
    {"credentialsId", &TaskSpec::credentials_id},
    {"credentials", &TaskSpec::credentials}};

constexpr std::pair<const char*, std::map<std::string, std::string> TaskSpec::*> kMaps[] = {
    {"images", &TaskSpec::images},
    {"objects", &TaskSpec::objects},
    {"user", &TaskSpec::user},
    {"containerIds", &TaskSpec::container_ids},
    {"containerArns", &TaskSpec::container_arns}};

Json publish_json(const PublishRequest& p) {
  return {{"container", p.container},
          {"hostPort", p.host_port},
          {"containerPort", p.container_port},
          {"protocol", p.protocol},
          {"hostAddress", p.host_address}};
}

PublishRequest publish_of(const Json& j) {
  PublishRequest p;
  p.container = json_string(j, "container");
  p.host_port = static_cast<int>(json_int(j, "hostPort"));
  p.container_port = static_cast<int>(json_int(j, "containerPort"));
  p.protocol = json_string(j, "protocol", p.protocol);
  p.host_address = json_string(j, "hostAddress", p.host_address);
  return p;
}

std::map<std::string, std::string> strings(const Json* object) {
  std::map<std::string, std::string> out;
  if (!object || !object->is_object()) return out;
  for (const auto& [key, value] : object->items())
    if (value.is_string()) out[key] = value.get<std::string>();
  return out;
}

}  // namespace

std::string stored_record(const TaskRecord& record) {
  const TaskSpec& spec = *record.spec;
  Json out = Json::object();
  for (const auto& [name, member] : kTexts) out[name] = spec.*member;
  for (const auto& [name, member] : kMaps) out[name] = spec.*member;
  out["securityGroups"] = spec.security_groups;
  if (spec.block_volume) out["blockVolume"] = block_volume_json(*spec.block_volume);
  out["storageMib"] = spec.storage_mib;
  out["assignPublicIp"] = spec.assign_public_ip;
  out["publishAutomatically"] = spec.publish_automatically;
  out["firelensLocal"] = spec.firelens_local;
  out["publish"] = Json::array();
  for (const auto& p : spec.publish) out["publish"].push_back(publish_json(p));
  return dump_json({{"spec", std::move(out)},
                    {"definition", *record.definition},
                    {"fixed", *record.fixed},
                    {"tags", record.tags}});
}

Result<TaskRecord> record_of(const std::string& text) {
  DRYDOCK_LET(const Json document, parse_json(text));
  const Json* stored = json_find(document, "spec");
  const Json* definition = json_find(document, "definition");
  const Json* fixed = json_find(document, "fixed");
  if (!stored || !definition || !fixed)
    return fail(Errc::kInvalid, "the stored task has no spec, definition or fixed members");
  auto spec = std::make_shared<TaskSpec>();
  for (const auto& [name, member] : kTexts) spec.get()->*member = json_string(*stored, name);
  for (const auto& [name, member] : kMaps) spec.get()->*member = strings(json_find(*stored, name));
  for (const auto& group : stored->value("securityGroups", Json::array()))
    if (group.is_string()) spec->security_groups.push_back(group.get<std::string>());
  if (const Json* block = json_find(*stored, "blockVolume"))
    spec->block_volume = block_volume_of_json(*block);
  spec->storage_mib = json_int(*stored, "storageMib");
  spec->assign_public_ip = json_bool(*stored, "assignPublicIp", false);
  spec->publish_automatically = json_bool(*stored, "publishAutomatically", true);
  spec->firelens_local = json_bool(*stored, "firelensLocal", false);
  for (const auto& p : stored->value("publish", Json::array()))
    spec->publish.push_back(publish_of(p));
  static const Json kNone = Json::object();
  const Json* overrides = json_find(*fixed, "overrides");
  spec->definition =
      taskdef::read_model(taskdef::with_overrides(*definition, overrides ? *overrides : kNone));
  Tags tags =
      strings(json_find(document, "tags"));  // not tags_of(): managed tags (aws:...) are among them
  spec->tags = tags;
  return TaskRecord{std::move(spec), std::make_shared<const Json>(*definition),
                    std::make_shared<const Json>(*fixed), std::move(tags)};
}

}  // namespace drydock::control
