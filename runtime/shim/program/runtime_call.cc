#include "runtime/shim/program/runtime_call.h"

#include <poll.h>
#include <sys/wait.h>

#include <charconv>

#include "base/files.h"
#include "runtime/shim/runtime_log.h"

namespace drydock::runtime::shim {
namespace {

std::vector<std::string> call(const Request& r, std::vector<std::string> rest) {
  std::vector<std::string> args = {
      "--root", r.runtime_root, "--log", r.bundle + "/" + kRuntimeLog, "--log-format", "json"};
  args.insert(args.end(), std::make_move_iterator(rest.begin()),
              std::make_move_iterator(rest.end()));
  return args;
}

SpawnRequest spawn_request(const Request& r, std::vector<std::string> args) {
  SpawnRequest s;
  s.program = r.runtime;
  s.args = std::move(args);
  s.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  return s;
}

std::string how(const Ended& e) {
  return e.signal ? "was killed by signal " + std::to_string(*e.signal)
                  : "ended with " + std::to_string(e.code.value_or(-1));
}

// The runtime's own words; how it ended when it left none.
std::string words(const Request& r, const Ended& ended) {
  auto log = read_file(r.bundle + "/" + kRuntimeLog, 1u << 20);
  std::string error = log ? last_error(*log) : "";
  if (error.empty()) error = r.runtime + " " + how(ended) + " and left no message in its log";
  return error;
}

}  // namespace

Result<Ended> reap(int pidfd) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED) != 0)
    if (errno != EINTR) return fail_errno("wait for a child");
  if (info.si_code == CLD_EXITED) return Ended{info.si_status, std::nullopt};
  return Ended{std::nullopt, info.si_status};
}

tl::expected<pid_t, RunFailure> run_container(const Request& r, Stdio& stdio) {
  const std::string pid_file = r.bundle + "/" + kPidFile;
  std::vector<std::string> args = {"run", "--detach", "--bundle", r.bundle, "--pid-file", pid_file};
  if (r.terminal) args.insert(args.end(), {"--console-socket", kConsoleSocket});
  args.push_back(r.id);
  SpawnRequest s = spawn_request(r, call(r, std::move(args)));
  s.stdin_fd = stdio.stdin_fd();
  s.stdout_fd = stdio.stdout_fd();
  s.stderr_fd = stdio.stderr_fd();
  auto child = spawn(s);
  stdio.given();
  if (!child)
    return tl::unexpected(
        RunFailure{Failure::kRuntime, child.error().message +
                                          ": the container runtime cannot be run; install it or "
                                          "set the \"runtime\" of the configuration"});
  const auto ended = reap(child->pidfd.get());
  if (!ended) return tl::unexpected(RunFailure{Failure::kLost, ended.error().message});
  if (ended->code != 0) {
    const std::string error = words(r, *ended);
    return tl::unexpected(RunFailure{failure_of(error), error});
  }
  const auto text = read_file(pid_file, 64);
  pid_t pid = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), pid);
  if (pid <= 0)
    return tl::unexpected(RunFailure{Failure::kLost, r.runtime + " wrote no pid into " + pid_file});
  return pid;
}

Status delete_container(const Request& r) {
  DRYDOCK_LET(const Child child, spawn(spawn_request(r, call(r, {"delete", "--force", r.id}))));
  DRYDOCK_LET(const Ended ended, reap(child.pidfd.get()));
  if (ended.code == 0) return {};
  return fail(Errc::kSystem, "remove container " + r.id + ": " + words(r, ended));
}

bool is_known(const Request& r) { return exists(r.runtime_root + "/" + r.id); }

unsigned long long oom_kills(const std::vector<std::string>& files) {
  constexpr std::string_view kKey = "oom_kill ";
  unsigned long long sum = 0;
  for (const auto& file : files) {
    const auto text = read_file(file, 4096);
    if (!text) continue;
    std::size_t at = text->find(kKey);
    while (at != std::string::npos && at > 0 && (*text)[at - 1] != '\n')
      at = text->find(kKey, at + 1);
    if (at == std::string::npos) continue;
    unsigned long long n = 0;
    std::from_chars(text->data() + at + kKey.size(), text->data() + text->size(), n);
    sum += n;
  }
  return sum;
}

}  // namespace drydock::runtime::shim
