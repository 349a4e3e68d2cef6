#pragma once
#include <string>

#include "base/result.h"
#include "volumes/plan.h"

namespace drydock::volumes {

// Makes the sparse file `<folder>/disk` of the volume's size with its file system, unless it is
// there, for the task. kUnsupported names the package that a missing mkfs comes from.
Status make_block(const BlockVolume& volume, const std::string& folder, const std::string& task_id);
// Whether the volume in `folder` was made for the task, to end with it.
bool goes_with(const std::string& folder, const std::string& task_id);
// Mounts that file at `target` by a loop device, which goes with the mount.
Status mount_block(const BlockVolume& volume, const std::string& folder, const std::string& target);

}  // namespace drydock::volumes
