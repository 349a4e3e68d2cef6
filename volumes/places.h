#pragma once
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "volumes/efs_state.h"
#include "volumes/plan.h"

// Small acts on folders and mounts of this machine.
namespace drydock::volumes {

// True when something is mounted at `folder` and answers.
bool is_mounted(const std::string& folder);
// Until nothing is mounted at `place`; absent is success.
Status unmount(const std::string& place);
// Binds the folder `fd` to `target`, which is made when absent.
Status bind_folder(int fd, const std::string& target);

// The folder `inside` below `folder`, never outside of it. What is absent is made: with the
// owner and mode of `creation` when given, else as root with 0755.
Result<UniqueFd> open_inside(const std::string& folder, const std::string& inside,
                             const std::optional<CreationInfo>& creation);

// Mounts what a Docker volume's driverOpts say. kUnsupported names a type that this kernel lacks.
Status mount_driver(const DriverMount& mount, const std::string& target);

}  // namespace drydock::volumes
