#pragma once
#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/shim/protocol.h"

// The socket by which an OCI runtime hands over a terminal: kConsoleSocket in the current folder.
namespace drydock::runtime::shim {

// Made before the runtime is called.
Result<UniqueFd> listen_for_console();
// The terminal's master that the runtime has sent. Call it when the runtime has ended.
Result<UniqueFd> take_terminal(int listener);

}  // namespace drydock::runtime::shim
