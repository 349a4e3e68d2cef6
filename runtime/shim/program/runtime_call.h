#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/spawn.h"
#include "runtime/shim/program/stdio.h"
#include "runtime/shim/protocol.h"
#include "runtime/shim/records.h"

// The OCI runtime as a program.
namespace drydock::runtime::shim {

// How a child ended.
struct Ended {
  std::optional<int> code;
  std::optional<int> signal;
};
// Waits for the child behind `pidfd` and reaps it.
Result<Ended> reap(int pidfd);

struct RunFailure {
  Failure failure;
  std::string error;
};
// `run --detach`: one call makes and starts the container. The pid of its first process, which is
// then our child.
tl::expected<pid_t, RunFailure> run_container(const Request& request, Stdio& stdio);

// `delete --force`.
Status delete_container(const Request& request);
// Whether the runtime knows the container.
bool is_known(const Request& request);

// The sum of the "oom_kill" counters in `files`; what cannot be read counts nothing.
unsigned long long oom_kills(const std::vector<std::string>& files);

}  // namespace drydock::runtime::shim
