#pragma once
#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/shim/exec_call.h"

namespace drydock::runtime::shim {

// A process that was started in a running container: our child, and the leader of a session.
struct Execed {
  pid_t pid = 0;
  UniqueFd pidfd;
  // Our ends, non-blocking. With a terminal only `terminal`.
  UniqueFd input, output, error, terminal;
};

struct ExecFailure {
  int code = 125;    // 127 and 126 as a shell has them
  std::string text;  // for people; the runtime's own words where it failed
};

// `exec --detach`: waits for the runtime, which takes some 20 ms. The session's folder is the
// current one.
tl::expected<Execed, ExecFailure> exec_in_container(const ExecCall& call);

}  // namespace drydock::runtime::shim
