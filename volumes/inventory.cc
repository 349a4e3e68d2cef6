// What is kept beyond tasks: shown, removed, mapped.
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/files.h"
#include "base/json.h"
#include "volumes/size.h"
#include "volumes/volumes.h"

namespace drydock::volumes {
namespace {

constexpr std::size_t kFactsBytes = 1u << 20;

Json facts_in(const std::string& file) {
  const auto text = read_file(file, kFactsBytes);
  auto json = text ? parse_json(*text) : Result<Json>(Json::object());
  return json && json->is_object() ? *json : Json::object();
}

double seconds(const Json& json, const char* key) {
  const Json* at = json_find(json, key);
  return at && at->is_number() ? at->get<double>() : 0;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void measure(VolumeRow& row) {
  const FolderSize size = folder_size(row.folder);
  row.bytes = size.bytes;
  row.complete = size.complete;
}

}  // namespace

std::vector<std::string> Volumes::users(const std::string& kept_as) const {
  const std::lock_guard lock(mutex_);
  const auto known = users_.find(kept_as);
  if (known == users_.end()) return {};
  return {known->second.begin(), known->second.end()};
}

void Volumes::list_efs(std::vector<VolumeRow>& rows) const {
  const auto state = efs_->state();
  for (const auto& [id, fs] : state->file_systems) {
    VolumeRow row;
    row.name = id;
    row.kind = "efs";
    row.folder = efs_folder(*state, options_.root, id);
    row.mapped = !fs.folder.empty();
    row.created = fs.created;
    row.labels = fs.tags;
    for (const auto& [point_id, point] : state->access_points)
      if (point.file_system == id) row.access_points.push_back(point);
    rows.push_back(std::move(row));
  }
}

void Volumes::list_docker(std::vector<VolumeRow>& rows) const {
  const std::string facts_folder = options_.root + "/docker-facts";
  std::set<std::string> names;  // one with driverOpts has no folder
  for (const std::string& name : list_dir(options_.root + "/docker")) names.insert(name);
  for (const std::string& file : list_dir(facts_folder))
    if (file.ends_with(".json")) names.insert(file.substr(0, file.size() - 5));
  for (const std::string& name : names) {
    VolumeRow row;
    row.name = name;
    row.kind = "docker";
    row.folder = options_.root + "/docker/" + name;
    const Json facts = facts_in(facts_folder + "/" + name + ".json");
    row.created = seconds(facts, "createdAt");
    if (const Json* labels = json_find(facts, "labels"); labels && labels->is_object())
      for (const auto& [key, value] : labels->items())
        if (value.is_string()) row.labels[key] = value.get<std::string>();
    rows.push_back(std::move(row));
  }
}

void Volumes::list_ebs(std::vector<VolumeRow>& rows) const {
  for (const std::string& id : list_dir(options_.root + "/ebs")) {
    VolumeRow row;
    row.name = id;
    row.kind = "ebs";
    row.folder = options_.root + "/ebs/" + id;
    const Json facts = facts_in(row.folder + "/volume.json");
    row.created = seconds(facts, "createdAt");
    row.facts = dump_json(facts);
    rows.push_back(std::move(row));
  }
}

std::vector<VolumeRow> Volumes::list(bool sized) const {
  std::vector<VolumeRow> rows;
  list_efs(rows);
  list_docker(rows);
  list_ebs(rows);
  for (VolumeRow& row : rows) {
    row.used_by = users(row.name);
    if (sized) measure(row);
  }
  return rows;
}

Result<VolumeRow> Volumes::find(const std::string& name) const {
  for (VolumeRow& row : list(false))
    if (row.name == name) {
      measure(row);
      return std::move(row);
    }
  return fail(Errc::kNotFound, "there is no volume '" + name + "'; see drydock volumes ls");
}

Status Volumes::remove_kept(const VolumeRow& row) {
  if (row.kind != "efs") {
    DRYDOCK_TRY(remove_tree(row.folder));
    return row.kind == "docker" ? remove_tree(options_.root + "/docker-facts/" + row.name + ".json")
                                : Status();
  }
  DRYDOCK_TRY(efs_->change([&](EfsState& state) -> Status {
    state.file_systems.erase(row.name);
    const auto is_of_it = [&](const auto& one) { return one.second.file_system == row.name; };
    std::erase_if(state.access_points, is_of_it);
    std::erase_if(state.mount_targets, is_of_it);
    return {};
  }));
  // Of one that is mapped this is empty (see remove()), and the mapped folder is the user's.
  return remove_tree(options_.root + "/efs/" + row.name);
}

Status Volumes::remove(const std::string& name) {
  VolumeRow row;
  for (VolumeRow& one : list(false))
    if (one.name == name) row = std::move(one);
  if (row.name.empty())
    return fail(Errc::kNotFound, "there is no volume '" + name + "'; see drydock volumes ls");
  if (const auto& all = efs_->state()->file_systems; row.kind == "efs" && all.at(name).configured)
    return fail(Errc::kInvalid, name + " is mapped to " + row.folder +
                                    " by the daemon's configuration (volumes.efs); take it out "
                                    "there");
  if (const std::string hidden = hidden_data(name); row.kind == "efs" && !hidden.empty())
    return fail(Errc::kBusy, "file system '" + name + "' is mapped to " + row.folder +
                                 ", and holds data of its own from before, in " + hidden +
                                 ", which would be lost; unmap it first (drydock volumes map " +
                                 name + " --remove) and look at it");
  {
    const std::lock_guard lock(mutex_);
    const auto used = users_.find(name);
    if (used != users_.end())
      return fail(Errc::kBusy, "volume '" + name + "' is in use by task " +
                                   listed({used->second.begin(), used->second.end()}) +
                                   "; stop it first");
    removing_.insert(name);
  }
  Status removed = remove_kept(row);
  const std::lock_guard lock(mutex_);
  removing_.erase(name);
  return removed;
}

Result<std::vector<VolumeRow>> Volumes::prune(bool dry) {
  std::vector<VolumeRow> gone;
  for (VolumeRow& row : list(false)) {
    if (row.kind == "efs" || !row.used_by.empty()) continue;
    measure(row);
    if (!dry)
      if (auto removed = remove(row.name); !removed) {
        if (removed.error().code == Errc::kBusy) continue;  // taken since the list was made
        return tl::unexpected(std::move(removed.error()));
      }
    gone.push_back(std::move(row));
  }
  return gone;
}

std::string Volumes::hidden_data(const std::string& file_system) const {
  const auto state = efs_->state();
  const auto known = state->file_systems.find(file_system);
  if (known == state->file_systems.end() || known->second.folder.empty()) return {};
  std::string own = options_.root + "/efs/" + file_system;
  return list_dir(own).empty() ? std::string() : own;
}

Status Volumes::map(const std::string& file_system, const std::string& folder) {
  if (!is_file_system_id(file_system))
    return fail(Errc::kInvalid,
                "'" + file_system + "' is no EFS file system id, like fs-0123456789abcdef0");
  if (!folder.empty() && (folder.front() != '/' || folder == "/"))
    return fail(Errc::kInvalid, "'" + folder + "' is not an absolute path of a folder");
  if (!folder.empty() && !exists(folder))
    return fail(Errc::kNotFound, "the folder " + folder + " does not exist; create it first");
  if (const auto used = users(file_system); !used.empty())
    return fail(Errc::kBusy, "volume '" + file_system + "' is in use by task " + listed(used) +
                                 "; stop it first");
  return efs_->change([&](EfsState& state) -> Status {
    FileSystem& fs = state.file_systems[file_system];
    if (fs.configured)
      return fail(Errc::kInvalid, file_system + " is mapped to " + fs.folder +
                                      " by the daemon's configuration (volumes.efs)");
    fs.id = file_system;
    fs.folder = folder;
    if (fs.created == 0) fs.created = epoch_seconds(now());
    return {};
  });
}

}  // namespace drydock::volumes
