#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/efs/operations.h"
#include "base/clock.h"
#include "base/ids.h"

namespace drydock::api::efs {
namespace {

using volumes::EfsState;
using volumes::FileSystem;

constexpr const char* kEchoed[] = {
    "PerformanceMode", "ThroughputMode",       "Encrypted",
    "KmsKeyId",        "AvailabilityZoneName", "ProvisionedThroughputInMibps"};

Json described(const Call& call, const FileSystem& fs, std::uint64_t bytes) {
  const Json settings = settings_of(fs);
  Json out = {
      {"OwnerId", call.caller.account}, {"CreationToken", fs.token.empty() ? fs.id : fs.token},
      {"FileSystemId", fs.id},          {"FileSystemArn", arn(call, "file-system/" + fs.id)},
      {"CreationTime", fs.created},     {"LifeCycleState", "available"}};
  if (const auto name = fs.tags.find("Name"); name != fs.tags.end()) out["Name"] = name->second;
  const auto& targets = call.context.volumes->efs().state()->mount_targets;
  out["NumberOfMountTargets"] = std::count_if(
      targets.begin(), targets.end(), [&](const auto& t) { return t.second.file_system == fs.id; });
  out["SizeInBytes"] = {{"Value", bytes},
                        {"Timestamp", epoch_seconds(now())},
                        {"ValueInIA", 0},
                        {"ValueInStandard", bytes},
                        {"ValueInArchive", 0}};
  out["PerformanceMode"] = json_string(settings, "PerformanceMode", "generalPurpose");
  out["Encrypted"] = json_bool(settings, "Encrypted");
  out["ThroughputMode"] = json_string(settings, "ThroughputMode", "bursting");
  for (const char* name : {"KmsKeyId", "AvailabilityZoneName", "ProvisionedThroughputInMibps"})
    if (const Json* value = json_find(settings, name)) out[name] = *value;
  out["Tags"] = tags_json(fs.tags);
  out["FileSystemProtection"] = {{"ReplicationOverwriteProtection", "ENABLED"}};
  return out;
}

}  // namespace

Json settings_of(const FileSystem& fs) {
  auto json = parse_json(fs.settings.empty() ? "{}" : fs.settings);
  return json && json->is_object() ? *json : Json::object();
}

Answer<Json> create_file_system(const Call& call) {
  FileSystem fs;
  fs.id = "fs-" + random_hex(9).substr(0, 17);
  fs.token = json_string(call.input, "CreationToken");
  if (fs.token.empty() || fs.token.size() > 64)
    return refuse("BadRequest", "CreationToken must have 1 to 64 characters.");
  DRYDOCK_LET(fs.tags, tags_of(call.input, "Tags"));
  Json settings = Json::object();
  for (const char* name : kEchoed)
    if (const Json* value = json_find(call.input, name); value && value->is_primitive())
      settings[name] = *value;
  if (json_bool(call.input, "Backup")) settings["BackupPolicy"] = "ENABLED";
  fs.settings = dump_json(settings);
  fs.created = epoch_seconds(now());
  std::string same;
  const Status done = call.context.volumes->efs().change([&](EfsState& state) -> Status {
    for (const auto& [id, other] : state.file_systems)
      if (other.token == fs.token) same = id;
    if (!same.empty()) return fail(Errc::kExists, "");
    state.file_systems[fs.id] = fs;
    return {};
  });
  if (!same.empty())
    return tl::unexpected(control::ApiError{
        "FileSystemAlreadyExists",
        "File system '" + same + "' already exists with creation token '" + fs.token + "'",
        409,
        {same}});
  if (!done) return failed(done.error());
  return described(call, fs, 0);
}

Answer<Json> describe_file_systems(const Call& call) {
  const auto& query = call.request.query;
  const std::string id = plain_id(http::query_value(query, "FileSystemId").value_or(""));
  const auto token = http::query_value(query, "CreationToken");
  std::vector<Json> items;
  for (const auto& [known, fs] : call.context.volumes->efs().state()->file_systems)
    if ((id.empty() || id == known) && (!token || *token == fs.token))
      items.push_back(described(call, fs, 0));
  if (!id.empty() && items.empty()) return no_file_system(id);
  const std::string next = cut_page(call.request, "Marker", "MaxItems", "FileSystemId", items);
  for (Json& one : items)  // sizes are counted file by file: only of what is shown
    if (auto row = call.context.volumes->find(json_string(one, "FileSystemId")))
      one["SizeInBytes"]["Value"] = one["SizeInBytes"]["ValueInStandard"] = row->bytes;
  Json out = Json::object();
  if (const auto marker = http::query_value(query, "Marker")) out["Marker"] = *marker;
  out["FileSystems"] = items;
  if (!next.empty()) out["NextMarker"] = next;
  return out;
}

Answer<Json> update_file_system(const Call& call) {
  FileSystem changed;
  const Status done = call.context.volumes->efs().change([&](EfsState& state) -> Status {
    const auto known = state.file_systems.find(plain_id(call.id));
    if (known == state.file_systems.end()) return fail(Errc::kNotFound, "");
    Json settings = settings_of(known->second);
    for (const char* name : {"ThroughputMode", "ProvisionedThroughputInMibps"})
      if (const Json* value = json_find(call.input, name); value && value->is_primitive())
        settings[name] = *value;
    known->second.settings = dump_json(settings);
    changed = known->second;
    return {};
  });
  if (!done && done.error().code == Errc::kNotFound) return no_file_system(call.id);
  if (!done) return failed(done.error());
  return described(call, changed, 0);
}

Answer<Json> delete_file_system(const Call& call) {
  const std::string id = plain_id(call.id);
  const auto state = call.context.volumes->efs().state();
  if (!state->file_systems.count(id)) return no_file_system(id);
  for (const auto& [target_id, target] : state->mount_targets)
    if (target.file_system == id)
      return refuse(
          "FileSystemInUse",
          "File system '" + id + "' has the mount target '" + target_id + "'; delete it first.",
          409);
  const Status done = call.context.volumes->remove(id);
  if (done) return Json();
  if (done.error().code == Errc::kBusy) return refuse("FileSystemInUse", done.error().message, 409);
  return failed(done.error());
}

}  // namespace drydock::api::efs
