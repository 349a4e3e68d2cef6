#pragma once
#include <string>
#include <vector>

#include "base/result.h"

// How the daemon starts a `drydock-shim exec`: the parent of one process that is started in a
// running container. It belongs to one session and outlives nothing:
//
//   standard input   a socket on which frames (base/frames.h) go both ways with the user
//   standard output  a pipe that the daemon reads from; nothing is ever written. When its reading
//                    end is closed, by the daemon or by its death, the session ends
//
// A session ends when the process does, or when one of the two is gone: then the process gets
// SIGHUP, loses its terminal or pipes, and gets SIGKILL if it still runs 10 s later.
namespace drydock::runtime::shim {

// Files in the session's folder. process.json is the daemon's; the shim removes the folder as soon
// as the process runs, or could not be started.
inline constexpr const char* kProcessFile = "process.json";

struct ExecCall {
  std::string folder;                  // absolute
  std::string id;                      // the container's name for the runtime
  std::string runtime;                 // any OCI runtime with runc's command line
  std::string runtime_root;            // the runtime's --root
  bool terminal = false;               // process.json must say so too
  bool input = false;                  // else standard input is /dev/null; a terminal always has it
  std::vector<std::string> join = {};  // cgroup.procs files that the shim puts itself into
  bool operator==(const ExecCall&) const = default;
};

// The arguments after the program's name: "exec --folder /run/… --id …".
std::vector<std::string> arguments(const ExecCall& call);
// The reverse, from the word "exec" on. kInvalid names the argument.
Result<ExecCall> parse_exec_call(const std::vector<std::string>& arguments);

}  // namespace drydock::runtime::shim
