#include "runtime/shim/program/exec_start.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>

#include "base/files.h"
#include "base/spawn.h"
#include "runtime/shim/program/console.h"
#include "runtime/shim/program/runtime_call.h"
#include "runtime/shim/runtime_log.h"

namespace drydock::runtime::shim {
namespace {

// The process's ends of its streams.
struct Ends {
  UniqueFd input, output, error, console;
};

Status make_pipe(UniqueFd& read_end, UniqueFd& write_end, UniqueFd& ours) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe");
  read_end.reset(ends[0]);
  write_end.reset(ends[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  return {};
}

Status make_streams(const ExecCall& call, Execed& ours, Ends& theirs) {
  if (call.terminal) {
    DRYDOCK_LET(theirs.console, listen_for_console());
    return {};
  }
  DRYDOCK_TRY(make_pipe(ours.output, theirs.output, ours.output));
  DRYDOCK_TRY(make_pipe(ours.error, theirs.error, ours.error));
  if (call.input) DRYDOCK_TRY(make_pipe(theirs.input, ours.input, ours.input));
  return {};
}

Status prepare(const ExecCall& call, Execed& ours, Ends& theirs) {
  for (const auto& file : call.join) {
    const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return fail_errno("join " + file);
    DRYDOCK_TRY(write_all(fd.get(), "0"));
  }
  // The process becomes our child when the runtime that made it ends.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return fail_errno("become the process's parent");
  return make_streams(call, ours, theirs);
}

Result<Ended> call_runtime(const ExecCall& call, const Ends& theirs) {
  SpawnRequest s;
  s.program = call.runtime;
  s.args = {"--root",       call.runtime_root,
            "--log",        call.folder + "/" + kRuntimeLog,
            "--log-format", "json",
            "exec",         "--detach",
            "--process",    call.folder + "/" + kProcessFile,
            "--pid-file",   call.folder + "/" + kPidFile};
  if (call.terminal) s.args.insert(s.args.end(), {"--console-socket", kConsoleSocket});
  s.args.push_back(call.id);
  s.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  s.stdin_fd = theirs.input.get();
  s.stdout_fd = theirs.output.get();
  s.stderr_fd = theirs.error.get();
  DRYDOCK_LET(const Child child, spawn(s));
  return reap(child.pidfd.get());
}

ExecFailure failure(const ExecCall& call) {
  const auto log = read_file(call.folder + "/" + kRuntimeLog, 1u << 20);
  std::string text = log ? last_error(*log) : "";
  if (text.empty()) text = call.runtime + " failed and left no message in its log";
  const Failure kind = failure_of(text);
  const int code = kind == Failure::kCommandNotFound        ? 127
                   : kind == Failure::kCommandNotExecutable ? 126
                                                            : 125;
  return {code, std::move(text)};
}

Status adopt_process(const ExecCall& call, const Ends& theirs, Execed& process) {
  const std::string pid_file = call.folder + "/" + kPidFile;
  DRYDOCK_LET(const std::string text, read_file(pid_file, 64));
  std::from_chars(text.data(), text.data() + text.size(), process.pid);
  if (process.pid <= 0) return fail(Errc::kSystem, call.runtime + " wrote no pid");
  // It is our child and not reaped: the number is still its own.
  process.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!process.pidfd) return fail_errno("open process " + std::to_string(process.pid));
  if (!call.terminal) return {};
  DRYDOCK_LET(process.terminal, take_terminal(theirs.console.get()));
  ::fcntl(process.terminal.get(), F_SETFL, O_RDWR | O_NONBLOCK);
  return {};
}

}  // namespace

tl::expected<Execed, ExecFailure> exec_in_container(const ExecCall& call) {
  const auto failed = [](const Error& error) {
    return tl::unexpected(ExecFailure{125, error.message});
  };
  Execed process;
  Ends theirs;
  if (const auto ready = prepare(call, process, theirs); !ready) return failed(ready.error());
  const auto ended = call_runtime(call, theirs);
  if (!ended) return failed(ended.error());
  if (ended->code != 0) return tl::unexpected(failure(call));
  if (const auto ours = adopt_process(call, theirs, process); !ours) return failed(ours.error());
  return process;
}

}  // namespace drydock::runtime::shim
