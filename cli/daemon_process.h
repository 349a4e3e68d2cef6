#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/spawn.h"

// Starting the daemon and waiting for its end.
namespace drydock::cli {

inline constexpr const char* kDefaultSocket = "/run/drydock/drydock.sock";

// Whether somebody accepts connections on a unix socket: success; kNotFound when there is no socket
// or nobody behind it; kUnsupported when this user may not connect (the message names the group).
Status probe_socket(const std::string& path);

// drydockd: beside this program, in ../libexec/drydock or ../sbin, or in PATH. kNotFound lists the
// folders.
Result<std::string> find_daemon();

// Starts drydockd with `arguments` (without any, where it is an enabled service of systemd: that
// service) and returns when it says that it answers. One start at a time
// for each run folder: when another process is starting one there, waits for that and returns
// false. kSystem with the daemon's own message.
Result<bool> start_daemon(const std::vector<std::string>& arguments, const std::string& run_folder);

// Waits until the process has ended; at once when there is none. kBusy after `limit`.
class ProcessEnd {
 public:
  static ProcessEnd of(
      pid_t pid);  // taken before the process is asked to end, so that the pid cannot mean another
  Status wait(std::chrono::milliseconds limit) const;

 private:
  UniqueFd pidfd_;
};

// The first of PATH's folders with this program; empty when none has it.
std::string find_in_path(const std::string& program);

struct ProgramOutput {
  int exit_code = 0;  // 128 + signal when a signal ended it
  std::string out;    // standard output and standard error, at most 64 KiB
};
// Runs a program to its end, or kills it after `limit` (kBusy).
Result<ProgramOutput> output_of(const std::string& program,
                                const std::vector<std::string>& arguments,
                                std::chrono::milliseconds limit);

}  // namespace drydock::cli
