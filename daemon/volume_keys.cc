#include <nlohmann/json.hpp>

#include "daemon/config_keys.h"

// The keys below "volumes".
namespace drydock::daemon {

using volumes::AccessPoint;

Status set_efs_folders(Config& config, const Key& key, const Json& value) {
  if (!value.is_object()) return fail(Errc::kInvalid, "must be " + form_text(key));
  std::map<std::string, std::string> folders;
  for (const auto& [id, item] : value.items()) {
    if (!volumes::is_file_system_id(id))
      return fail(Errc::kInvalid, "has \"" + id + "\", which is no file system id");
    const std::string folder = item.is_string() ? item.get<std::string>() : "";
    if (folder.size() < 2 || folder.front() != '/')
      return fail(Errc::kInvalid, "maps " + id + " to " + dump_json(item) +
                                      "; it must be an absolute path of a folder");
    folders[id] = folder;
  }
  config.*std::get<std::map<std::string, std::string> Config::*>(key.member) = std::move(folders);
  return {};
}

Status set_access_points(Config& config, const Key& key, const Json& value) {
  if (!value.is_object()) return fail(Errc::kInvalid, "must be " + form_text(key));
  std::vector<AccessPoint> points;
  for (const auto& [id, item] : value.items()) {
    if (!volumes::is_access_point_id(id))
      return fail(Errc::kInvalid, "has \"" + id + "\", which is no access point id");
    auto point = volumes::access_point_of(item);
    if (!point) return fail(Errc::kInvalid, id + ": " + point.error().message);
    point->id = id;
    points.push_back(std::move(*point));
  }
  config.*std::get<std::vector<AccessPoint> Config::*>(key.member) = std::move(points);
  return {};
}

Json access_points_json(const std::vector<AccessPoint>& points) {
  Json out = Json::object();
  for (const AccessPoint& point : points) {
    Json one = {{"FileSystemId", point.file_system}};
    one.update(volumes::access_point_json(point));
    out[point.id] = std::move(one);
  }
  return out;
}

volumes::EfsState configured_efs(const Config& config) {
  volumes::EfsState state;
  for (const auto& [id, folder] : config.volumes_efs) {
    state.file_systems[id].id = id;
    state.file_systems[id].folder = folder;
  }
  for (const AccessPoint& point : config.volumes_access_points)
    state.access_points[point.id] = point;
  return state;
}

volumes::StorageLimit storage_limit(const Config& config) {
  if (config.tasks_storage_limit == "always") return volumes::StorageLimit::kAlways;
  return config.tasks_storage_limit == "never" ? volumes::StorageLimit::kNever
                                               : volumes::StorageLimit::kAuto;
}

}  // namespace drydock::daemon
