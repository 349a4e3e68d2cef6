#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

// The engine's side of a shim's life: before it is started, and after a restart of the daemon
// (decision 18).
namespace drydock::runtime::shim {

// A live shim that this process may not have started.
struct ShimRef {
  pid_t pid = 0;
  UniqueFd pidfd;  // readable when the shim has ended
};

// Makes a bundle ready for a shim: removes the records of an earlier run and makes the lock file,
// without which no shim runs. kBusy when a shim holds the bundle.
Status prepare_bundle(const std::string& bundle);

// The shim that holds `bundle`; nullopt when none does (or there is no bundle).
Result<std::optional<ShimRef>> find_shim(const std::string& bundle);

// Makes sure that no shim will ever take `bundle`, also not one that was spawned by a daemon that
// has died and has yet to run: call it before cleaning up after find_shim gave nullopt. kBusy when
// a shim holds it after all: adopt that.
Status retire_bundle(const std::string& bundle);

}  // namespace drydock::runtime::shim
