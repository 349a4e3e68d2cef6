#include "volumes/plan.h"

#include <algorithm>
#include <string_view>

#include "volumes/efs_catalog.h"

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

// "/app//data" becomes "app/data".
Result<std::string> inside_of(const taskdef::Volume& volume, std::string_view path) {
  std::string inside;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") return bad(volume, Errc::kInvalid, "rootDirectory may not contain '..'");
    inside += (inside.empty() ? "" : "/") + std::string(part);
  }
  return inside;
}

class Planner {
 public:
  Planner(const PlanInput& input, VolumePlan& plan)
      : in_(input), plan_(plan), task_(task_folder(input.root, input.task_id)) {}

  Status add(const taskdef::Volume& volume) {
    if (!is_plain(volume.name))
      return bad(volume, Errc::kInvalid, "a volume name has letters, digits, - and _ only");
    const std::string own = task_ + "/" + volume.name;
    PlannedVolume one{volume.name, Kind::kTaskFolder, own, "", own};
    if (volume.fsx)
      return bad(volume, Errc::kUnsupported,
                 "FSx for Windows File Server is only supported on Windows container instances");
    Status done;
    if (volume.efs)
      done = efs(volume, one);
    else if (volume.docker)
      done = docker(volume, one);
    else if (volume.configured_at_launch)
      block(volume, one);
    else if (!volume.host_source_path.empty())
      done = host(volume, one);
    if (done) plan_.volumes.push_back(std::move(one));
    return done;
  }

 private:
  void note(const taskdef::Volume& volume, const std::string& what) {
    plan_.notes.push_back("volume '" + volume.name + "': " + what);
  }
  std::string bound(const taskdef::Volume& volume) const {
    return bound_folder(in_.root, in_.task_id) + "/" + volume.name;
  }

  Status efs(const taskdef::Volume& volume, PlannedVolume& one) {
    const std::string& id = volume.efs->file_system_id;
    if (!is_file_system_id(id))
      return bad(volume, Errc::kInvalid,
                 "'" + id + "' is no EFS file system id, like fs-0123456789abcdef0");
    one.kind = Kind::kKeptFolder;
    one.fills = false;
    one.kept_as = id;
    one.folder = one.source = efs_folder(in_.efs, in_.root, id);
    const auto known = in_.efs.file_systems.find(id);
    one.must_exist = known != in_.efs.file_systems.end() && !known->second.folder.empty();
    note(volume, "EFS " + id + " is the folder " + one.folder + ", kept across tasks");
    DRYDOCK_LET(one.inside, inside_of(volume, volume.efs->root_directory));
    DRYDOCK_TRY(access_point(volume, one));
    const bool served = one.access_point && one.access_point->user;
    // A task may put links into the file system, so the folder is found once and bound to a place
    // of the task's own. Tasks share the mount of an access point with a user: its locks and its
    // cache are one.
    if (served)
      one.source = in_.run + "/" + one.access_point->id;
    else if (!one.inside.empty())
      one.source = bound(volume);
    return {};
  }

  Status access_point(const taskdef::Volume& volume, PlannedVolume& one) {
    const std::string& id = volume.efs->access_point_id;
    if (id.empty()) return {};
    const auto known = in_.efs.access_points.find(id);
    if (known == in_.efs.access_points.end()) {
      note(volume, "access point " + id +
                       " is not known here, so its user and root directory are not applied; make "
                       "it with `aws efs create-access-point` or name it in volumes.access_points");
      return {};
    }
    if (known->second.file_system != volume.efs->file_system_id)
      return bad(volume, Errc::kInvalid,
                 "access point " + id + " belongs to file system " + known->second.file_system +
                     ", not to " + volume.efs->file_system_id);
    one.access_point = known->second;
    DRYDOCK_LET(one.inside, inside_of(volume, known->second.path));
    return {};
  }

  Status docker(const taskdef::Volume& volume, PlannedVolume& one) {
    const taskdef::DockerVolume& docker = *volume.docker;
    if (!docker.driver.empty() && docker.driver != "local")
      return bad(volume, Errc::kUnsupported,
                 "Docker volume driver '" + docker.driver + "' is not there; use local");
    const bool shared = docker.scope == "shared";
    if (shared) {
      one.kind = Kind::kKeptFolder;
      one.kept_as = volume.name;
      one.docker = docker;
      one.folder = one.source = in_.root + "/docker/" + volume.name;
      if (!docker.autoprovision)
        note(volume, "it is made when it does not exist, though autoprovision is false");
    }
    if (docker.driver_opts.empty()) return {};
    DriverMount mount;
    for (const auto& [key, value] : docker.driver_opts) {
      std::string* to = key == "type"     ? &mount.type
                        : key == "device" ? &mount.device
                        : key == "o"      ? &mount.options
                                          : nullptr;
      if (!to)
        return bad(volume, Errc::kInvalid,
                   "driverOpts has '" + key + "'; the local driver knows type, device and o");
      *to = value;
    }
    if (("," + mount.options + ",").find(",bind,") != std::string::npos || mount.type == "bind")
      return docker_bind(volume, mount, one);
    if (mount.type.empty() || mount.device.empty())
      return bad(volume, Errc::kInvalid, "driverOpts needs type and device, and may have o");
    one.kind = Kind::kMounted;
    one.source = shared ? in_.run + "/docker-" + volume.name : bound(volume);
    one.mount = std::move(mount);
    return {};
  }

  static Status docker_bind(const taskdef::Volume& volume, const DriverMount& mount,
                            PlannedVolume& one) {
    if (mount.device.empty() || mount.device.front() != '/')
      return bad(volume, Errc::kInvalid,
                 "driverOpts.device '" + mount.device + "' is not absolute");
    one.kind = Kind::kHostPath;
    one.folder = one.source = mount.device;
    one.must_exist = true;
    return {};
  }

  void block(const taskdef::Volume& volume, PlannedVolume& one) {
    if (!in_.block || in_.block->name != volume.name) {
      note(volume,
           "RunTask gave no volumeConfigurations for it: an empty folder of the task is used");
      return;
    }
    one.kind = Kind::kBlock;
    one.fills = false;
    one.block = in_.block;
    one.kept_as = in_.block->id;
    one.folder = in_.root + "/ebs/" + in_.block->id;
    one.source = bound(volume);
  }

  static Status host(const taskdef::Volume& volume, PlannedVolume& one) {
    if (volume.host_source_path.front() != '/')
      return bad(volume, Errc::kInvalid,
                 "host.sourcePath '" + volume.host_source_path + "' is not absolute");
    one.kind = Kind::kHostPath;
    one.folder = one.source = volume.host_source_path;
    one.fills = false;
    return {};
  }

  const PlanInput& in_;
  VolumePlan& plan_;
  const std::string task_;
};

}  // namespace

std::string task_folder(const std::string& root, const std::string& task_id) {
  return root + "/tasks/" + task_id;
}

std::string changes_folder(const std::string& root, const std::string& task_id,
                           const std::string& container) {
  return task_folder(root, task_id) + "/.changes/" + container;
}

std::string anonymous_folder(const std::string& root, const std::string& task_id,
                             const std::string& container) {
  return task_folder(root, task_id) + "/.image/" + container;
}

std::string bound_folder(const std::string& root, const std::string& task_id) {
  return task_folder(root, task_id) + "/.bound";
}

Result<VolumePlan> volume_plan(const taskdef::TaskDefinition& definition, const PlanInput& input) {
  VolumePlan plan;
  Planner planner(input, plan);
  for (const taskdef::Volume& volume : definition.volumes) DRYDOCK_TRY(planner.add(volume));
  return plan;
}

}  // namespace drydock::volumes
