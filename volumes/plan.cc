#include "volumes/plan.h"

#include <algorithm>
#include <string_view>

namespace drydock::volumes {
namespace {

// A name that becomes one part of a path.
bool is_plain(std::string_view name) {
  return !name.empty() && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

tl::unexpected<Error> bad(const taskdef::Volume& volume, Errc code, const std::string& why) {
  return fail(code, "volume '" + volume.name + "': " + why);
}

Result<PlannedVolume> efs(const taskdef::Volume& volume, const std::string& task,
                          const std::string& root) {
  if (!is_plain(volume.efs->file_system_id))
    return bad(volume, Errc::kInvalid,
               "'" + volume.efs->file_system_id + "' is no EFS file system id");
  PlannedVolume plan{volume.name, Kind::kKeptFolder, root + "/efs/" + volume.efs->file_system_id,
                     "", ""};
  plan.source = plan.folder;
  std::string_view rest = volume.efs->root_directory;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") return bad(volume, Errc::kInvalid, "rootDirectory may not contain '..'");
    plan.inside += (plan.inside.empty() ? "" : "/") + std::string(part);
  }
  // A task may put links into the file system, so the folder is found once and bound to a place of
  // the task's own.
  if (!plan.inside.empty()) plan.source = task + "/.bound/" + volume.name;
  return plan;
}

}  // namespace

std::string task_folder(const std::string& root, const std::string& task_id) {
  return root + "/tasks/" + task_id;
}

std::string anonymous_folder(const std::string& root, const std::string& task_id,
                             const std::string& container) {
  return task_folder(root, task_id) + "/.image/" + container;
}

Result<VolumePlan> volume_plan(const taskdef::TaskDefinition& definition,
                               const std::string& task_id, const std::string& root) {
  const std::string task = task_folder(root, task_id);
  VolumePlan plan;
  auto note = [&](const taskdef::Volume& volume, const std::string& what) {
    plan.notes.push_back("volume '" + volume.name + "': " + what);
  };
  for (const taskdef::Volume& volume : definition.volumes) {
    if (!is_plain(volume.name))
      return bad(volume, Errc::kInvalid, "a volume name has letters, digits, - and _ only");
    const std::string own = task + "/" + volume.name;
    PlannedVolume one{volume.name, Kind::kTaskFolder, own, "", own};
    if (volume.fsx)
      return bad(volume, Errc::kUnsupported,
                 "FSx for Windows File Server is only supported on Windows container instances");
    if (volume.efs) {
      DRYDOCK_LET(one, efs(volume, task, root));
      note(volume, "EFS " + volume.efs->file_system_id +
                       " is a local folder that is kept across tasks: " + one.folder);
      if (!volume.efs->access_point_id.empty())
        note(volume, "the user and root directory of access point " + volume.efs->access_point_id +
                         " are not applied");
    } else if (volume.docker) {
      if (!volume.docker->driver.empty() && volume.docker->driver != "local")
        return bad(volume, Errc::kUnsupported,
                   "Docker volume driver '" + volume.docker->driver + "' is not there; use local");
      if (volume.docker->scope == "shared") {
        one.kind = Kind::kKeptFolder;
        one.folder = one.source = root + "/docker/" + volume.name;
      }
      if (!volume.docker->driver_opts.empty())
        note(volume, "driverOpts are not applied: it is a local folder");
    } else if (volume.configured_at_launch) {
      note(volume, "the EBS volume is a local folder that is removed with the task");
    } else if (!volume.host_source_path.empty()) {
      if (volume.host_source_path.front() != '/')
        return bad(volume, Errc::kInvalid,
                   "host.sourcePath '" + volume.host_source_path + "' is not absolute");
      one = {volume.name, Kind::kHostPath, volume.host_source_path, "", volume.host_source_path};
    }
    plan.volumes.push_back(std::move(one));
  }
  return plan;
}

}  // namespace drydock::volumes
