#pragma once
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace drydock::cli {

// A process elsewhere that speaks frames (base/frames.h) on a socket, with this program's standard
// streams as its own.
struct RemoteProcess {
  UniqueFd socket;
  std::string early;  // already received
  bool input = false;
  bool terminal = false;
};

// Passes streams, window sizes and signals on until the process ends; its exit code, 128 and more
// for a signal. An error says why it could not be started (`code`: 127, 126 or 125) or that the
// daemon went away.
struct RemoteFailure {
  int code = 125;
  std::string text;
};
tl::expected<int, RemoteFailure> attend(RemoteProcess process);

}  // namespace drydock::cli
