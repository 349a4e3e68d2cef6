// Mount targets are kept for those who ask: tasks on this machine reach every file system without
// one, and nobody answers at their addresses.
#include <arpa/inet.h>

#include <nlohmann/json.hpp>

#include "api/efs/operations.h"
#include "base/ids.h"

namespace drydock::api::efs {
namespace {

using volumes::EfsState;
using volumes::MountTarget;

constexpr std::size_t kGroups = 5;

tl::unexpected<control::ApiError> no_target(const std::string& id) {
  return refuse("MountTargetNotFound", "Mount target '" + id + "' does not exist.", 404);
}

Json described(const Call& call, const MountTarget& target) {
  return {{"OwnerId", call.caller.account},
          {"MountTargetId", target.id},
          {"FileSystemId", target.file_system},
          {"SubnetId", target.subnet},
          {"LifeCycleState", "available"},
          {"IpAddress", target.address},
          {"NetworkInterfaceId", "eni-" + sha256_hex(target.id).substr(0, 17)},
          {"AvailabilityZoneName", call.caller.region + "a"}};
}

Answer<std::vector<std::string>> groups_of(const Json& input) {
  std::vector<std::string> groups;
  const Json* list = json_find(input, "SecurityGroups");
  if (!list) return groups;
  if (!list->is_array() || list->size() > kGroups)
    return refuse("SecurityGroupLimitExceeded", "a mount target has at most five security groups.");
  for (const Json& one : *list) {
    const std::string id = one.is_string() ? one.get<std::string>() : "";
    if (!id.starts_with("sg-") || id.size() > 43)
      return refuse("SecurityGroupNotFound",
                    "'" + id.substr(0, 60) + "' is no id of a security group, like sg-0a1b2c3d.");
    groups.push_back(id);
  }
  return groups;
}

// Of the addresses that belong to nobody (RFC 5737): nothing is there.
std::string made_up_address(const std::string& id) {
  const auto n = std::stoul(sha256_hex(id).substr(0, 4), nullptr, 16);
  return "192.0.2." + std::to_string(1 + n % 254);
}

}  // namespace

Answer<Json> create_mount_target(const Call& call) {
  MountTarget target;
  target.id = "fsmt-" + random_hex(9).substr(0, 17);
  target.file_system = plain_id(json_string(call.input, "FileSystemId"));
  target.subnet = json_string(call.input, "SubnetId");
  if (!target.subnet.starts_with("subnet-") || target.subnet.size() > 47)
    return refuse("BadRequest", "SubnetId must be the id of a subnet, like subnet-0a1b2c3d.");
  target.address = json_string(call.input, "IpAddress", made_up_address(target.id));
  in_addr address{};
  if (::inet_pton(AF_INET, target.address.c_str(), &address) != 1)
    return refuse("BadRequest", "IpAddress must be an IPv4 address.");
  DRYDOCK_LET(target.security_groups, groups_of(call.input));
  std::string same;
  const Status done = call.context.volumes->efs().change([&](EfsState& state) -> Status {
    if (!state.file_systems.count(target.file_system)) return fail(Errc::kNotFound, "");
    for (const auto& [id, other] : state.mount_targets)
      if (other.file_system == target.file_system && other.subnet == target.subnet) same = id;
    if (!same.empty()) return fail(Errc::kExists, "");
    state.mount_targets[target.id] = target;
    return {};
  });
  if (!same.empty())
    return refuse("MountTargetConflict",
                  "File system '" + target.file_system + "' has the mount target '" + same +
                      "' in that subnet.",
                  409);
  if (!done && done.error().code == Errc::kNotFound) return no_file_system(target.file_system);
  if (!done) return failed(done.error());
  return described(call, target);
}

Answer<Json> describe_mount_targets(const Call& call) {
  const auto& query = call.request.query;
  const std::string id = http::query_value(query, "MountTargetId").value_or("");
  std::string fs = plain_id(http::query_value(query, "FileSystemId").value_or(""));
  const std::string point = plain_id(http::query_value(query, "AccessPointId").value_or(""));
  const auto state = call.context.volumes->efs().state();
  if (id.empty() && fs.empty() && point.empty())
    return refuse("BadRequest", "One of FileSystemId, MountTargetId and AccessPointId is needed.");
  if (!point.empty()) {
    const auto known = state->access_points.find(point);
    if (known == state->access_points.end()) return no_access_point(point);
    fs = known->second.file_system;
  }
  if (!fs.empty() && !state->file_systems.count(fs)) return no_file_system(fs);
  std::vector<Json> items;
  for (const auto& [known, target] : state->mount_targets)
    if ((id.empty() || id == known) && (fs.empty() || fs == target.file_system))
      items.push_back(described(call, target));
  if (!id.empty() && items.empty()) return no_target(id);
  const std::string next = cut_page(call.request, "Marker", "MaxItems", "MountTargetId", items);
  Json out = Json::object();
  if (const auto marker = http::query_value(query, "Marker")) out["Marker"] = *marker;
  out["MountTargets"] = items;
  if (!next.empty()) out["NextMarker"] = next;
  return out;
}

Answer<Json> delete_mount_target(const Call& call) {
  const Status done = call.context.volumes->efs().change([&](EfsState& state) -> Status {
    return state.mount_targets.erase(call.id) ? Status() : Status(fail(Errc::kNotFound, ""));
  });
  if (!done && done.error().code == Errc::kNotFound) return no_target(call.id);
  if (!done) return failed(done.error());
  return Json();
}

Answer<Json> mount_target_groups(const Call& call) {
  const auto state = call.context.volumes->efs().state();
  const auto known = state->mount_targets.find(call.id);
  if (known == state->mount_targets.end()) return no_target(call.id);
  return Json{{"SecurityGroups", known->second.security_groups}};
}

Answer<Json> put_mount_target_groups(const Call& call) {
  DRYDOCK_LET(const std::vector<std::string> groups, groups_of(call.input));
  const Status done = call.context.volumes->efs().change([&](EfsState& state) -> Status {
    const auto known = state.mount_targets.find(call.id);
    if (known == state.mount_targets.end()) return fail(Errc::kNotFound, "");
    known->second.security_groups = groups;
    return {};
  });
  if (!done && done.error().code == Errc::kNotFound) return no_target(call.id);
  if (!done) return failed(done.error());
  return Json();
}

}  // namespace drydock::api::efs
