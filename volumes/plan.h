#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "taskdef/model.h"
#include "volumes/efs_state.h"

namespace drydock::volumes {

enum class Kind {
  kTaskFolder,  // made empty for the task, removed with it
  kKeptFolder,  // outlives tasks: EFS data, shared Docker volumes
  kHostPath,    // host.sourcePath: made when absent; the device of a Docker bind must exist
  kMounted,     // something is mounted at `source`: a Docker volume with driverOpts
  kBlock,       // an EBS volume: a file system in a file
};

// What mount(2) is given for a Docker volume with driverOpts.
struct DriverMount {
  std::string type;
  std::string device;
  std::string options;
  bool operator==(const DriverMount&) const = default;
};

// An EBS volume that RunTask asked for (volumeConfigurations).
struct BlockVolume {
  std::string name;  // of the task definition's volume
  std::string id;    // "vol-…"
  std::string role_arn;
  std::string attachment_id;
  std::int64_t size_gib = 0;
  std::string file_system = "xfs";  // xfs, ext4, ext3
  bool delete_on_termination = true;
  bool operator==(const BlockVolume&) const = default;
};

// Where one volume of a task definition lies on the host.
struct PlannedVolume {
  std::string name;
  Kind kind = Kind::kTaskFolder;
  std::string folder;  // made when absent, except for what is to be there already
  std::string
      inside;  // a folder below it that is the volume (EFS rootDirectory), without a leading slash
  std::string source;  // what to bind into containers; differs from `folder` when something is
                       // mounted there
  std::string kept_as = {};  // what `drydock volumes` calls it; empty: the task's own
  std::optional<AccessPoint> access_point = {};
  std::optional<DriverMount> mount = {};
  std::optional<BlockVolume> block = {};
  std::optional<taskdef::DockerVolume> docker = {};  // a shared one
  bool fills = true;        // with what the image has at the mount path, when it is a VOLUME
  bool must_exist = false;  // `folder`
  bool operator==(const PlannedVolume&) const = default;
};

struct VolumePlan {
  std::vector<PlannedVolume> volumes;  // in task definition order
  std::vector<std::string> notes;      // what runs differently here, one line each
};

struct PlanInput {
  std::string task_id;
  std::string root;  // "<state>/volumes"
  std::string run;   // "<run>/volumes": mounts that tasks share
  EfsState efs = {};
  std::optional<BlockVolume> block = {};
};

// Pure. kInvalid and kUnsupported name the volume.
Result<VolumePlan> volume_plan(const taskdef::TaskDefinition& definition, const PlanInput& input);

// The folder with everything that belongs to one task: its ephemeral storage.
std::string task_folder(const std::string& root, const std::string& task_id);
// Where a container's root keeps what it changes.
std::string changes_folder(const std::string& root, const std::string& task_id,
                           const std::string& container);
// Where the image VOLUMEs of one container go that no mount point covers.
std::string anonymous_folder(const std::string& root, const std::string& task_id,
                             const std::string& container);
// Where a task's own mounts are, one folder a volume.
std::string bound_folder(const std::string& root, const std::string& task_id);

}  // namespace drydock::volumes
