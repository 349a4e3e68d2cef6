#pragma once
#include <string>
#include <vector>

#include "base/spawn.h"
#include "volumes/efs_state.h"

namespace drydock::volumes {

// A folder as one user sees it, whoever asks: the mount of an access point that enforces a user.
struct AccessMount {
  std::string program;  // drydock-efs
  std::string target;   // made when absent
  int folder = -1;      // what is shown, O_PATH
  PosixUser user;
  std::vector<std::string> join = {};  // cgroup files that its process is written to
};

// Mounts it and starts the process that serves it, as that user; back when it answers. It ends when
// the mount is gone, and outlives the daemon. kUnsupported when this machine has no FUSE.
Result<Child> mount_access(const AccessMount& mount);

}  // namespace drydock::volumes
