#pragma once
#include <string>
#include <vector>

#include "base/result.h"

// How the daemon starts a `drydock-shim hold`: it makes the namespaces that containers of one task
// share (pidMode and ipcMode `task`), mounts them in `folder`, and ends. What stays is process 1 of
// the PID namespace, which reaps what containers leave behind. It lives in the task's control group
// and ends with it; nobody waits for it.
namespace drydock::runtime::shim {

// Files in the folder: mounts, there as long as somebody does not unmount them.
inline constexpr const char* kPidNamespace = "pid";
inline constexpr const char* kIpcNamespace = "ipc";
inline constexpr const char* kSharedMemory = "shm";  // a tmpfs, /dev/shm of all

struct HoldCall {
  std::string folder;  // absolute
  int shared_memory_mib = 64;
  std::vector<std::string> join = {};  // cgroup.procs files that it puts itself into
  bool operator==(const HoldCall&) const = default;
};

// The arguments after the program's name: "hold --folder /run/… --shm 64".
std::vector<std::string> arguments(const HoldCall& call);
// The reverse, from the word "hold" on. kInvalid names the argument.
Result<HoldCall> parse_hold_call(const std::vector<std::string>& arguments);

}  // namespace drydock::runtime::shim
