#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

// Project quotas (ext4 and XFS with prjquota): what lies below a folder is counted, and refused
// beyond a size. Needs Linux 5.14.
namespace drydock::volumes {

struct ProjectUse {
  std::uint64_t used = 0;   // bytes
  std::uint64_t limit = 0;  // bytes; 0: none
};

// Whether the file system of `folder` counts projects and enforces their limits.
bool enforces_projects(const std::string& folder);
// Makes the folder, which must be empty, a project of its own that holds at most `bytes`. `name`
// is what its number is made from; a number that is in use is left alone.
Status limit_folder(const std::string& folder, const std::string& name, std::uint64_t bytes);
// Nothing when the folder is no such project.
std::optional<ProjectUse> project_use(const std::string& folder);
// The folder's project has no limit any more, and its number is free when the folder is gone.
void lift_limit(const std::string& folder);

}  // namespace drydock::volumes
