#include "cli/daemon_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "base/files.h"

extern char** environ;  // NOLINT

namespace drydock::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kOutputLimit = 64u << 10;

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe");
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

int milliseconds_until(Clock::time_point deadline) {
  return static_cast<int>(std::max<std::int64_t>(
      0, std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count()));
}

// Reads until the other side closes. False when the deadline passed first.
bool read_all(int fd, std::string& text, Clock::time_point deadline) {
  std::array<char, 4096> buffer;
  for (;;) {
    pollfd p{fd, POLLIN, 0};
    const int ready = ::poll(&p, 1, milliseconds_until(deadline));
    if (ready == 0) return false;
    if (ready < 0 && errno == EINTR) continue;
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return true;
    if (text.size() < kOutputLimit) text.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

// The exit code of a child whose pidfd is readable or will be.
int reap(const Child& child) {
  siginfo_t info{};
  while (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(child.pidfd.get()), &info,
                  WEXITED) != 0 &&
         errno == EINTR) {
  }
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

void kill_child(const Child& child) {
  ::syscall(SYS_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0);
}

std::vector<std::string> own_environment() {
  std::vector<std::string> out;
  for (char** e = environ; *e; ++e) out.emplace_back(*e);
  return out;
}

// The daemon outlives this shell: it gets what it reads and what its children need, not everything.
std::vector<std::string> daemon_environment() {
  std::vector<std::string> out;
  for (const char* name :
       {"PATH", "HOME", "USER", "LOGNAME", "SUDO_UID", "SUDO_GID", "AWS_REGION",
        "AWS_DEFAULT_REGION", "TZ", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy",
        "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "DRYDOCK_LOG"})
    if (const char* value = std::getenv(name)) out.push_back(std::string(name) + "=" + value);
  // Whose end is the daemon's with --ephemeral: not this program, which ends soon, but what called
  // it.
  out.push_back("DRYDOCK_STARTER_PID=" + std::to_string(::getppid()));
  return out;
}

bool runnable(const std::string& file) { return ::access(file.c_str(), X_OK) == 0; }

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// The folders on the way to `path` that do not exist, the innermost first.
std::vector<std::string> missing_folders(std::string path) {
  std::vector<std::string> missing;
  for (; path.size() > 1 && !exists(path); path.resize(path.rfind('/'))) missing.push_back(path);
  return missing;
}

// A start that failed leaves no folders that it made, unless something else is in them by now.
void remove_folders(const std::vector<std::string>& made) {
  if (!made.empty()) ::unlink((made.front() + "/start.lock").c_str());
  for (const auto& folder : made) ::rmdir(folder.c_str());
}

Status await_ready(const std::string& program, const Child& child, const Pipe& out,
                   const Pipe& err) {
  std::string said, complained;
  const auto deadline = Clock::now() + std::chrono::seconds(60);
  if (!read_all(out.read.get(), said, deadline)) {
    kill_child(child);
    reap(child);
    return fail(Errc::kSystem,
                program + " did not answer within 60 s; its log is <root>/drydockd.log");
  }
  if (said.starts_with("ready")) return {};
  // It closed its output without a word: it is ending, and says why on standard error.
  read_all(err.read.get(), complained, deadline);
  const int code = reap(child);
  std::string why = last_line(complained.empty() ? said : complained);
  if (why.starts_with("drydockd: ")) why.erase(0, 10);
  return fail(Errc::kSystem,
              "the daemon did not start: " +
                  (why.empty() ? program + " exited with " + std::to_string(code) : why));
}

// Where this daemon is installed as a service of systemd and enabled, systemd starts it: two
// starters would fight over it. False when it is not.
Result<bool> start_service(const std::string& program) {
  if (!exists("/run/systemd/system")) return false;
  const std::string systemctl = find_in_path("systemctl");
  if (systemctl.empty()) return false;
  constexpr auto kLimit = std::chrono::seconds(90);
  DRYDOCK_LET(const auto unit,
              output_of(systemctl,
                        {"show", "--property=ExecStart,UnitFileState", "drydock.service"}, kLimit));
  std::array<char, PATH_MAX> real{};
  if (!::realpath(program.c_str(), real.data())) return false;
  if (unit.out.find("UnitFileState=enabled") == std::string::npos ||
      unit.out.find("path=" + std::string(real.data()) + " ") == std::string::npos)
    return false;
  DRYDOCK_LET(const auto started, output_of(systemctl, {"start", "drydock.service"}, kLimit));
  if (started.exit_code == 0) return true;
  return fail(Errc::kSystem, "the service drydock did not start; see: journalctl -u drydock");
}

}  // namespace

Status probe_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(Errc::kInvalid, path + " is too long for a socket");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("make a socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return {};
  if (errno == EACCES || errno == EPERM)
    return fail(Errc::kUnsupported, "this user may not use the daemon at " + path +
                                        ": join the group drydock (sudo usermod -aG drydock $USER, "
                                        "then log in again), or use sudo");
  return fail(Errc::kNotFound, "no daemon answers at " + path);
}

std::string find_in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view rest =
      path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    std::string file = std::string(rest.substr(0, colon)) + "/" + program;
    if (file[0] == '/' && runnable(file)) return file;
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  return "";
}

Result<std::string> find_daemon() {
  std::array<char, 4096> self{};
  const ssize_t n = ::readlink("/proc/self/exe", self.data(), self.size() - 1);
  std::string folder =
      n > 0 ? std::string(self.data(), static_cast<std::size_t>(n)) : std::string();
  folder.resize(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/'));
  for (const char* place : {"/drydockd", "/../libexec/drydock/drydockd", "/../sbin/drydockd"})
    if (!folder.empty() && runnable(folder + place)) return folder + place;
  if (std::string found = find_in_path("drydockd"); !found.empty()) return found;
  return fail(Errc::kNotFound, "drydockd is not beside " + folder + "/drydock, nor in " + folder +
                                   "/../libexec/drydock, nor in PATH; install Drydock completely");
}

Result<bool> start_daemon(const std::vector<std::string>& arguments,
                          const std::string& run_folder) {
  DRYDOCK_LET(const std::string program, find_daemon());
  const auto made = missing_folders(run_folder);
  DRYDOCK_TRY(make_dirs(run_folder));
  const UniqueFd lock(
      ::open((run_folder + "/start.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return fail_errno("open " + run_folder + "/start.lock");
  while (::flock(lock.get(), LOCK_EX) != 0)
    if (errno != EINTR) return fail_errno("lock " + run_folder + "/start.lock");
  if (probe_socket(run_folder + "/drydock.sock")) return false;
  if (arguments.empty() && run_folder == "/run/drydock") {
    DRYDOCK_LET(const bool by_systemd, start_service(program));
    if (by_systemd) return true;
  }
  DRYDOCK_LET(Pipe out, make_pipe());
  DRYDOCK_LET(Pipe err, make_pipe());
  SpawnRequest request;
  request.program = program;
  request.args = arguments;
  request.env = daemon_environment();
  request.stdout_fd = out.write.get();
  request.stderr_fd = err.write.get();
  DRYDOCK_LET(const Child child, spawn(request));
  out.write.reset();
  err.write.reset();
  if (auto ready = await_ready(program, child, out, err); !ready) {
    remove_folders(made);
    return tl::unexpected(std::move(ready.error()));
  }
  return true;
}

ProcessEnd ProcessEnd::of(pid_t pid) {
  ProcessEnd end;
  if (pid > 0) end.pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return end;
}

Status ProcessEnd::wait(std::chrono::milliseconds limit) const {
  if (!pidfd_) return {};
  const auto deadline = Clock::now() + limit;
  pollfd p{pidfd_.get(), POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&p, 1, milliseconds_until(deadline))) < 0 && errno == EINTR) {
  }
  if (ready == 0)
    return fail(Errc::kBusy,
                "the daemon has not ended within " + std::to_string(limit.count() / 1000) + " s");
  return {};
}

Result<ProgramOutput> output_of(const std::string& program,
                                const std::vector<std::string>& arguments,
                                std::chrono::milliseconds limit) {
  DRYDOCK_LET(Pipe pipe, make_pipe());
  SpawnRequest request;
  request.program = program;
  request.args = arguments;
  request.env = own_environment();
  request.stdout_fd = request.stderr_fd = pipe.write.get();
  DRYDOCK_LET(const Child child, spawn(request));
  pipe.write.reset();
  ProgramOutput result;
  const bool ended = read_all(pipe.read.get(), result.out, Clock::now() + limit);
  if (!ended) kill_child(child);
  result.exit_code = reap(child);
  if (!ended)
    return fail(Errc::kBusy,
                program + " did not end within " + std::to_string(limit.count() / 1000) + " s");
  return result;
}

}  // namespace drydock::cli
