#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "taskdef/model.h"

namespace drydock::volumes {

enum class Kind {
  kTaskFolder,  // made empty for the task, removed with it
  kKeptFolder,  // outlives tasks: EFS data, shared Docker volumes
  kHostPath,    // host.sourcePath: must exist
};

// Where one volume of a task definition lies on the host.
struct PlannedVolume {
  std::string name;
  Kind kind = Kind::kTaskFolder;
  std::string folder;  // made when absent, except for kHostPath
  std::string
      inside;  // a folder below it that is the volume (EFS rootDirectory), without a leading slash
  std::string
      source;  // what to bind into containers; differs from `folder` only when `inside` is set
  bool operator==(const PlannedVolume&) const = default;
};

struct VolumePlan {
  std::vector<PlannedVolume> volumes;  // in task definition order
  std::vector<std::string> notes;      // what runs differently here, one line each
};

// `root` is "<state>/volumes". Pure. kInvalid and kUnsupported name the volume.
Result<VolumePlan> volume_plan(const taskdef::TaskDefinition& definition,
                               const std::string& task_id, const std::string& root);

// The folder with everything that belongs to one task.
std::string task_folder(const std::string& root, const std::string& task_id);
// Where the image VOLUMEs of one container go that no mount point covers.
std::string anonymous_folder(const std::string& root, const std::string& task_id,
                             const std::string& container);

}  // namespace drydock::volumes
