#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

// How the engine starts a drydock-shim, and what passes between the two. There is no connection:
// everything the shim needs is in its arguments and its bundle, everything it has to say is in two
// files (records.h).
//
// One shim a container. It is started with base/spawn, stays the engine's child, and outlives it:
// it is a session of its own, ignores every signal that can be ignored, and is no longer reached by
// anything the engine closes.
//
//   started        -> started.json written; then the shim closes its standard output
//   start failed   -> exit.json written (kind tells why); then it closes standard output and error
//   container over -> journal flushed, exit.json written; then it closes its standard error
//   runtime's state and cgroup removed -> the shim ends
//
// So an engine that gives a pipe as standard output sees end-of-file at the moment the container
// runs (or could not be started), and one on standard error when its exit can be shown and every
// log line can be read. The container's id, cgroup, bundle and root file system may be reused or
// removed only when the shim has ended (its pidfd is readable). After a restart of the daemon the
// same is told by the files, their folder's inotify events, and find_shim's pidfd.
//
// Restart in place: prepare_bundle (adopt.h), then a new shim on the same bundle and journal.
namespace drydock::runtime::shim {

// Files in the bundle. config.json is the engine's; the others belong to the shim.
inline constexpr const char* kLockFile =
    "shim.lock";  // made by prepare_bundle; the shim holds a POSIX lock on it
inline constexpr const char* kStartedFile = "started.json";
inline constexpr const char* kExitFile = "exit.json";
inline constexpr const char* kRuntimeLog = "runc.log";
inline constexpr const char* kPidFile = "runc.pid";
inline constexpr const char* kConsoleSocket = "console.sock";

// How the shim itself ends.
enum class End : int {
  kDone = 0,       // exit.json says it all
  kUsage = 2,      // wrong arguments; nothing was done
  kNotOurs = 3,    // no lock file, or another shim holds it; nothing was done
  kNoRecord = 4,   // exit.json could not be written; the reason is on standard error
  kLeftovers = 5,  // exit.json is written, but the runtime could not remove the container
};

enum class Stdin {
  kNull,
  kHeldOpen
};  // kHeldOpen: `interactive`, a pipe that never gives data nor ends

struct Request {
  std::string bundle;                      // absolute; holds config.json
  std::string id;                          // the container's name for the runtime
  std::string runtime = "/usr/sbin/runc";  // any OCI runtime with runc's command line
  std::string runtime_root;                // the runtime's --root
  std::string journal;                     // folder (logrouter/journal.h)
  std::uint64_t segment_bytes = 8u << 20;
  std::uint64_t journal_bytes = 64u << 20;
  // The checkpoint of a destination that must have everything (decision 26); empty: none.
  std::string checkpoint;
  bool terminal = false;  // pseudoTerminal: config.json must say process.terminal too
  Stdin input = Stdin::kNull;
  // Files with a line "oom_kill N" that tell the container's OOM kills: <cgroup>/memory.events, or
  // on version 1 <cgroup>/memory.oom_control. They need not exist yet.
  std::vector<std::string> oom_files;
  // cgroup.procs files that the shim puts itself into (the shims' own memory group).
  std::vector<std::string> join;
};

// The arguments after the program's name: "run --bundle /run/… --id …".
std::vector<std::string> arguments(const Request& request);
// The reverse. kInvalid names the argument.
Result<Request> parse_arguments(const std::vector<std::string>& arguments);

}  // namespace drydock::runtime::shim
