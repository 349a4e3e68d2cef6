#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "taskdef/model.h"

namespace drydock::runtime {

// A file or folder of the host that a container sees at `destination`.
struct BindMount {
  std::string source;       // absolute host path
  std::string destination;  // absolute path in the container
  bool read_only = false;
  bool from_image = false;  // the image declares the path as a VOLUME: an unused source begins as a
                            // copy of the image's folder
  std::string
      volume;  // the task volume behind it; empty for an image VOLUME of the container's own
  bool operator==(const BindMount&) const = default;
};

// What decides one container's mounts.
struct MountInput {
  taskdef::ContainerDefinition container;
  std::vector<std::string> image_volumes;      // the image config's Volumes
  std::map<std::string, std::string> volumes;  // task volume name -> host path (volumes/plan.h)
  std::string anonymous_folder;                // host folder for image VOLUMEs nobody mounts over
  std::map<std::string, std::vector<BindMount>> others;  // volumesFrom: container -> its mounts
};

// The bind mounts of a container, parents before children: mountPoints, then volumesFrom, then
// image VOLUMEs, the first to claim a path wins. Pure. kInvalid names an unknown volume or
// container, or a path that is not absolute.
Result<std::vector<BindMount>> container_mounts(const MountInput& input);

// Makes the place for each mount inside the container's root (folder or empty file, like its
// source; links, dangling ones too, are followed inside the root only).
Status make_mount_points(int root_fd, const std::vector<BindMount>& mounts);

}  // namespace drydock::runtime
