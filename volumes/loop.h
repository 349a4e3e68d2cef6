#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

// File systems in sparse files.
namespace drydock::volumes {

// Makes a file system of `type` (ext3, ext4, xfs) in `file`, which has its size already; `options`
// go to mkfs before the file's name. kUnsupported names the package that a missing mkfs comes from.
Status make_file_system(const std::string& type, const std::string& file,
                        std::vector<std::string> options);

// A loop device for `file`, which is let go of when nothing uses it any more; `device` becomes its
// path. kUnsupported when this machine has no loop devices.
Result<UniqueFd> attach_loop(const UniqueFd& file, std::string& device);

}  // namespace drydock::volumes
