#include "control/block_volume.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::control {
namespace {

using volumes::BlockVolume;

constexpr long long kLargestGib = 65536;

Answer<BlockVolume> managed_volume(const std::string& name, const Json& managed) {
  BlockVolume volume;
  volume.name = name;
  const std::string place = "The volume '" + name + "': ";
  if (json_find(managed, "snapshotId"))
    return invalid_parameter(place +
                             "snapshotId is not there on this machine; give sizeInGiB instead.");
  volume.size_gib = json_int(managed, "sizeInGiB");
  if (volume.size_gib < 1 || volume.size_gib > kLargestGib)
    return invalid_parameter(place + "sizeInGiB must be a whole number from 1 to 65536.");
  volume.file_system = json_string(managed, "filesystemType", "xfs");
  if (volume.file_system != "xfs" && volume.file_system != "ext4" && volume.file_system != "ext3")
    return invalid_parameter(place + "filesystemType should be one of [ext3,ext4,xfs]; " +
                             volume.file_system.substr(0, 40) + " is for Windows or unknown.");
  volume.role_arn = json_string(managed, "roleArn");
  if (volume.role_arn.empty()) return invalid_parameter(place + "roleArn can not be blank.");
  if (const Json* policy = json_find(managed, "terminationPolicy"))
    volume.delete_on_termination = json_bool(*policy, "deleteOnTermination", true);
  return volume;
}

}  // namespace

Answer<std::optional<BlockVolume>> block_volume_of(const Json& request,
                                                   const taskdef::TaskDefinition& definition) {
  std::optional<BlockVolume> found;
  const Json* list = json_find(request, "volumeConfigurations");
  if (!list || !list->is_array()) return found;
  for (const Json& one : *list) {
    const std::string name = json_string(one, "name");
    const auto& all = definition.volumes;
    if (std::none_of(all.begin(), all.end(),
                     [&](const auto& v) { return v.name == name && v.configured_at_launch; }))
      return invalid_parameter(
          "The volume name '" + name +
          "' in your request does not have a matching volume in your Task Definition");
    const Json* managed = json_find(one, "managedEBSVolume");
    if (!managed) continue;
    DRYDOCK_LET(found, managed_volume(name, *managed));
  }
  return found;
}

Json block_attachment(const BlockVolume& volume, const std::string& status) {
  const auto detail = [](const char* name, const std::string& value) {
    return Json{{"name", name}, {"value", value}};
  };
  return {
      {"id", volume.attachment_id},
      {"type", "AmazonElasticBlockStorage"},
      {"status", status},
      {"details",
       Json::array({detail("roleArn", volume.role_arn),
                    detail("deleteOnTermination", volume.delete_on_termination ? "true" : "false"),
                    detail("volumeName", volume.name), detail("volumeId", volume.id)})}};
}

Json block_volume_json(const BlockVolume& v) {
  return {{"name", v.name},
          {"id", v.id},
          {"roleArn", v.role_arn},
          {"attachmentId", v.attachment_id},
          {"sizeInGiB", v.size_gib},
          {"filesystemType", v.file_system},
          {"deleteOnTermination", v.delete_on_termination}};
}

BlockVolume block_volume_of_json(const Json& json) {
  BlockVolume v;
  v.name = json_string(json, "name");
  v.id = json_string(json, "id");
  v.role_arn = json_string(json, "roleArn");
  v.attachment_id = json_string(json, "attachmentId");
  v.size_gib = json_int(json, "sizeInGiB");
  v.file_system = json_string(json, "filesystemType");
  v.delete_on_termination = json_bool(json, "deleteOnTermination", true);
  return v;
}

}  // namespace drydock::control
