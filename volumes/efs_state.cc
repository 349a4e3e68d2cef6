#include "volumes/efs_state.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <nlohmann/json.hpp>

namespace drydock::volumes {
namespace {

bool is_id(const std::string& text, std::string_view prefix) {
  return text.size() > prefix.size() && text.size() <= 128 && text.starts_with(prefix) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(prefix.size()), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

tl::unexpected<Error> wrong(const std::string& member, const std::string& must) {
  return fail(Errc::kInvalid, member + " must be " + must);
}

Result<std::uint32_t> id_number(const Json* value, const std::string& member) {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max() - 1;
  if (!value || !value->is_number_integer() || value->get<std::int64_t>() < 0 ||
      value->get<std::int64_t>() > kMost)
    return wrong(member, "a whole number from 0 to 4294967294");
  return static_cast<std::uint32_t>(value->get<std::int64_t>());
}

Result<PosixUser> user_of(const Json& json) {
  PosixUser user;
  DRYDOCK_LET(user.uid, id_number(json_find(json, "Uid"), "PosixUser.Uid"));
  DRYDOCK_LET(user.gid, id_number(json_find(json, "Gid"), "PosixUser.Gid"));
  const Json* more = json_find(json, "SecondaryGids");
  if (!more) return user;
  if (!more->is_array() || more->size() > 16)
    return wrong("PosixUser.SecondaryGids", "a list of at most 16 group ids");
  for (const Json& one : *more) {
    DRYDOCK_LET(const gid_t gid, id_number(&one, "PosixUser.SecondaryGids[]"));
    user.secondary_gids.push_back(gid);
  }
  return user;
}

Result<CreationInfo> creation_of(const Json& json) {
  CreationInfo info;
  DRYDOCK_LET(info.uid,
              id_number(json_find(json, "OwnerUid"), "RootDirectory.CreationInfo.OwnerUid"));
  DRYDOCK_LET(info.gid,
              id_number(json_find(json, "OwnerGid"), "RootDirectory.CreationInfo.OwnerGid"));
  const std::string mode = json_string(json, "Permissions");
  if (mode.size() < 3 || mode.size() > 4 || mode.find_first_not_of("01234567") != mode.npos)
    return wrong("RootDirectory.CreationInfo.Permissions", "three or four octal digits");
  info.permissions = static_cast<mode_t>(std::stoul(mode, nullptr, 8));
  info.written = mode;
  return info;
}

Result<std::string> path_of(const Json& root) {
  const std::string path = json_string(root, "Path", "/");
  std::string normal;
  int depth = 0;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, end - at);
    at = end + 1;
    if (part.empty()) continue;
    if (part == "." || part == ".." || ++depth > 4) depth = 5;
    normal += "/" + part;
  }
  if (path.empty() || path.front() != '/' || path.size() > 100 || depth > 4 ||
      path.find('\0') != path.npos)
    return wrong("RootDirectory.Path",
                 "a path that begins with / and has at most four folders and 100 characters");
  return normal.empty() ? "/" : normal;
}

std::string octal(mode_t mode) {
  std::string text;
  for (int shift = 9; shift >= 0; shift -= 3)
    text += static_cast<char>('0' + ((mode >> shift) & 7));
  return text[0] == '0' ? text.substr(1) : text;
}

Tags tags_of(const Json& json) {
  Tags tags;
  if (const Json* all = json_find(json, "tags"); all && all->is_object())
    for (const auto& [key, value] : all->items())
      if (value.is_string()) tags[key] = value.get<std::string>();
  return tags;
}

double created_of(const Json& json) {
  const Json* at = json_find(json, "created");
  return at && at->is_number() ? at->get<double>() : 0;
}

}  // namespace

bool is_file_system_id(const std::string& text) { return is_id(text, "fs-"); }
bool is_access_point_id(const std::string& text) { return is_id(text, "fsap-"); }

Result<AccessPoint> access_point_of(const Json& json) {
  AccessPoint point;
  point.file_system = json_string(json, "FileSystemId");
  if (!is_file_system_id(point.file_system))
    return wrong("FileSystemId", "the id of a file system, like fs-0123456789abcdef0");
  if (const Json* user = json_find(json, "PosixUser")) {
    DRYDOCK_LET(point.user, user_of(*user));
  }
  const Json* root = json_find(json, "RootDirectory");
  if (!root) return point;
  DRYDOCK_LET(point.path, path_of(*root));
  if (const Json* creation = json_find(*root, "CreationInfo")) {
    DRYDOCK_LET(point.creation, creation_of(*creation));
  }
  return point;
}

Json access_point_json(const AccessPoint& point) {
  Json out = Json::object();
  if (point.user) {
    out["PosixUser"] = {{"Uid", point.user->uid}, {"Gid", point.user->gid}};
    if (!point.user->secondary_gids.empty())
      out["PosixUser"]["SecondaryGids"] = point.user->secondary_gids;
  }
  out["RootDirectory"] = {{"Path", point.path}};
  if (const auto& made = point.creation)
    out["RootDirectory"]["CreationInfo"] = {
        {"OwnerUid", made->uid},
        {"OwnerGid", made->gid},
        {"Permissions", made->written.empty() ? octal(made->permissions) : made->written}};
  return out;
}

std::string stored_state(const EfsState& state) {
  Json out = {{"fileSystems", Json::object()},
              {"accessPoints", Json::object()},
              {"mountTargets", Json::object()}};
  for (const auto& [id, fs] : state.file_systems)
    out["fileSystems"][id] = {{"folder", fs.configured ? "" : fs.folder},
                              {"token", fs.token},
                              {"settings", fs.settings},
                              {"tags", fs.tags},
                              {"created", fs.created}};
  for (const auto& [id, point] : state.access_points) {
    if (point.configured) continue;
    Json one = access_point_json(point);
    one["FileSystemId"] = point.file_system;
    one["token"] = point.token;
    one["tags"] = point.tags;
    one["created"] = point.created;
    out["accessPoints"][id] = std::move(one);
  }
  for (const auto& [id, target] : state.mount_targets)
    out["mountTargets"][id] = {{"fileSystem", target.file_system},
                               {"subnet", target.subnet},
                               {"address", target.address},
                               {"securityGroups", target.security_groups}};
  return pretty_json(out) + "\n";
}

Result<EfsState> state_of(const std::string& text) {
  DRYDOCK_LET(const Json document, parse_json(text));
  EfsState state;
  if (const Json* all = json_find(document, "fileSystems"); all && all->is_object())
    for (const auto& [id, json] : all->items()) {
      if (!is_file_system_id(id)) return fail(Errc::kInvalid, "'" + id + "' is no file system id");
      state.file_systems[id] = {id,
                                json_string(json, "folder"),
                                json_string(json, "token"),
                                json_string(json, "settings"),
                                tags_of(json),
                                created_of(json),
                                false};
    }
  if (const Json* all = json_find(document, "accessPoints"); all && all->is_object())
    for (const auto& [id, json] : all->items()) {
      if (!is_access_point_id(id))
        return fail(Errc::kInvalid, "'" + id + "' is no access point id");
      DRYDOCK_LET(AccessPoint point, access_point_of(json));
      point.id = id;
      point.token = json_string(json, "token");
      point.tags = tags_of(json);
      point.created = created_of(json);
      state.access_points[id] = std::move(point);
    }
  if (const Json* all = json_find(document, "mountTargets"); all && all->is_object())
    for (const auto& [id, json] : all->items()) {
      MountTarget target{id, json_string(json, "fileSystem"), json_string(json, "subnet"),
                         json_string(json, "address")};
      if (const Json* groups = json_find(json, "securityGroups"); groups && groups->is_array())
        for (const Json& group : *groups)
          if (group.is_string()) target.security_groups.push_back(group.get<std::string>());
      state.mount_targets[id] = std::move(target);
    }
  return state;
}

}  // namespace drydock::volumes
