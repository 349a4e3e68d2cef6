#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <sstream>

#include "base/files.h"
#include "base/spawn.h"
#include "images/credentials/as_owner.h"

namespace drydock::images::credentials {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLongestAnswer = 1 << 20;
constexpr const char* kUsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string path_of(const Owner& owner) { return owner.path.empty() ? kUsualPath : owner.path; }

std::string find_program(const Owner& owner, const std::string& program) {
  std::istringstream folders(path_of(owner));
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string path = folder + "/" + program;
    if (!folder.empty() && folder.front() == '/' && ::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

std::vector<std::string> environment_of(const Owner& owner) {
  std::vector<std::string> env = {"HOME=" + owner.home, "PATH=" + path_of(owner), "LANG=C.UTF-8"};
  if (!owner.docker_config.empty()) env.push_back("DOCKER_CONFIG=" + owner.docker_config);
  if (!owner.runtime_dir.empty()) {
    env.push_back("XDG_RUNTIME_DIR=" + owner.runtime_dir);
    // Where the desktop's key rings are asked.
    env.push_back("DBUS_SESSION_BUS_ADDRESS=unix:path=" + owner.runtime_dir + "/bus");
  }
  return env;
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};
Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// What comes out until the end, the child's death or the time limit; false at the limit.
bool collect(int fd, const Child& child, Clock::time_point until, std::string& output) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0 || output.size() > kLongestAnswer) return false;
    pollfd both[] = {{fd, POLLIN, 0}, {child.pidfd.get(), POLLIN, 0}};
    if (::poll(both, 2, static_cast<int>(left)) <= 0) continue;
    if (both[0].revents == 0) return true;  // dead, and nothing more in the pipe
    char buffer[4096];
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got == 0) return true;
    if (got > 0) output.append(buffer, static_cast<std::size_t>(got));
  }
}

// Waits for the child's end, kills it at the time limit. The exit status, or -1.
int reap(const Child& child, bool in_time, Clock::time_point until) {
  pollfd ended{child.pidfd.get(), POLLIN, 0};
  while (in_time) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) in_time = false;
    if (::poll(&ended, 1, static_cast<int>(std::max<long long>(left, 0))) > 0) break;
  }
  if (!in_time) ::syscall(SYS_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0);
  siginfo_t info{};
  const auto id = static_cast<id_t>(child.pidfd.get());
  while (::waitid(P_PIDFD, id, &info, WEXITED) != 0 && errno == EINTR) {
  }
  return in_time && info.si_code == CLD_EXITED ? info.si_status : -1;
}

}  // namespace

Result<OwnerOutput> run_as_owner(const Owner& owner, const std::string& program,
                                 const std::vector<std::string>& args, const std::string& input,
                                 std::chrono::milliseconds patience) {
  SpawnRequest request;
  request.program = program.starts_with('/') ? program : find_program(owner, program);
  if (request.program.empty())
    return fail(Errc::kNotFound, program + " is not in " + path_of(owner));
  DRYDOCK_LET(Pipe in, make_pipe());
  DRYDOCK_LET(Pipe out, make_pipe());
  request.args = args;
  request.env = environment_of(owner);
  request.stdin_fd = in.read.get();
  request.stdout_fd = out.write.get();
  if (::geteuid() == 0) request.identity = SpawnIdentity{owner.uid, owner.gid};
  const auto until = Clock::now() + patience;
  // A pipe holds it: it is written before anybody reads.
  DRYDOCK_TRY(write_all(in.write.get(), input));
  DRYDOCK_LET(const Child child, spawn(request));
  in.write.reset();
  in.read.reset();
  out.write.reset();
  OwnerOutput output;
  const bool in_time = collect(out.read.get(), child, until, output.text);
  output.status = reap(child, in_time, until);
  if (output.status < 0 && Clock::now() >= until)
    return fail(Errc::kTimeout, program + " did not answer within " +
                                    std::to_string(patience.count() / 1000) + " s");
  return output;
}

}  // namespace drydock::images::credentials
