#include "runtime/health.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/files.h"
#include "base/limits.h"
#include "base/spawn.h"

namespace drydock::runtime {

std::vector<std::string> probe_arguments(const std::vector<std::string>& command) {
  if (command.empty() || command[0] == "NONE") return {};
  if (command[0] == "CMD") return {command.begin() + 1, command.end()};
  if (command[0] == "CMD-SHELL" || command.size() == 1)
    return {"/bin/sh", "-c", command.size() > 1 ? command[1] : command[0]};
  return command;
}

struct Prober::Running {
  Child child;
  UniqueFd output;
  std::string text;
  std::string pid_file;
  std::function<void(ProbeResult)> done;
  bool started = false;
  bool timed_out = false;
  Duration timeout{};
  Loop::Handle on_output, on_exit, on_timeout;

  // Reads what is there; false at the end of the output.
  bool take() {
    char buffer[4096];
    for (;;) {
      const ssize_t n = ::read(output.get(), buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno == EAGAIN;
      if (n == 0) return false;
      const std::size_t room = limits::kHealthOutput - text.size();
      text.append(buffer, std::min(room, static_cast<std::size_t>(n)));
    }
  }

  void end_after(Loop& loop, Duration wait) {
    on_timeout = loop.after(wait, [this] {
      timed_out = true;
      kill();
    });
  }

  // The probe's own process first: killing the runtime alone would leave it in the container.
  void kill() {
    if (auto pid_text = read_file(pid_file, 32)) {
      const std::string_view digits = *pid_text;
      pid_t pid = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), pid);
      if (pid > 1) ::kill(pid, SIGKILL);
    }
    ::syscall(SYS_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0);
  }
};

Prober::Prober(Loop& loop, std::string runtime, std::string root, std::string scratch, int at_once,
               Duration start_patience)
    : loop_(loop),
      runtime_(std::move(runtime)),
      root_(std::move(root)),
      scratch_(std::move(scratch)),
      free_(at_once),
      start_patience_(start_patience),
      watch_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  // runc writes the file under another name first, crun does not.
  if (watch_ &&
      ::inotify_add_watch(watch_.get(), scratch_.c_str(), IN_MOVED_TO | IN_CLOSE_WRITE) >= 0)
    on_watch_ = loop_.readable(watch_.get(), [this] { look_for_starts(); });
  else
    watch_.reset();  // then the runtime's own time counts, too
}

Prober::~Prober() {
  for (const auto& r : running_) {
    r->kill();
    siginfo_t info{};
    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(r->child.pidfd.get()), &info,
             WEXITED);
    ::unlink(r->pid_file.c_str());
  }
}

void Prober::probe(ProbeRequest request, std::function<void(ProbeResult)> done) {
  waiting_.emplace_back(std::move(request), std::move(done));
  next();
}

void Prober::next() {
  while (free_ > 0 && !waiting_.empty()) {
    auto [request, done] = std::move(waiting_.front());
    waiting_.pop_front();
    start(request, std::move(done));
  }
}

void Prober::start(const ProbeRequest& request, std::function<void(ProbeResult)> done) {
  auto refuse = [&](std::string why) {
    loop_.post([done, why = std::move(why)] { done({-1, why.substr(0, limits::kHealthOutput)}); });
  };
  std::vector<std::string> arguments = probe_arguments(request.command);
  if (arguments.empty()) return refuse("healthCheck.command names no program");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return refuse(fail_errno("make a pipe").value().message);
  auto running = std::make_shared<Running>();
  running->output = UniqueFd(ends[0]);
  UniqueFd write_end(ends[1]);
  ::fcntl(write_end.get(), F_SETFL, 0);  // the probe's own output blocks as usual
  running->pid_file = scratch_ + "/probe-" + std::to_string(++count_) + ".pid";
  running->timeout = request.timeout;

  SpawnRequest spawn_request;
  spawn_request.program = runtime_;
  spawn_request.args = {"--root",          root_, "exec", "--pid-file", running->pid_file,
                        request.runtime_id};
  spawn_request.args.insert(spawn_request.args.end(), arguments.begin(), arguments.end());
  spawn_request.env = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  spawn_request.stdout_fd = write_end.get();
  spawn_request.stderr_fd = write_end.get();
  auto child = spawn(spawn_request);
  if (!child) return refuse(child.error().message);
  running->child = std::move(*child);
  running->done = std::move(done);
  --free_;
  running_.push_back(running);

  running->on_output = loop_.readable(running->output.get(), [running] {
    if (!running->take()) running->on_output.cancel();
  });
  running->started = !watch_;
  running->end_after(loop_, watch_ ? start_patience_ : request.timeout);
  running->on_exit = loop_.readable(running->child.pidfd.get(), [this, running] {
    siginfo_t info{};
    if (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(running->child.pidfd.get()),
                 &info, WEXITED) != 0)
      info.si_status = 255;
    running->take();
    ProbeResult result;
    const auto secs = std::chrono::duration_cast<std::chrono::seconds>(running->timeout).count();
    if (running->timed_out && !running->started)
      result.output = "the runtime did not start the health check";
    else if (running->timed_out)
      result.output = "Health check exceeded timeout (" + std::to_string(secs) + "s)";
    else {
      result.exit_code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
      result.output = running->text;
    }
    finish(running, std::move(result));
  });
}

void Prober::look_for_starts() {
  alignas(inotify_event) std::array<char, 4096> events;
  for (;;) {
    const ssize_t n = ::read(watch_.get(), events.data(), events.size());
    if (n <= 0) return;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(n);) {
      inotify_event event{};
      std::memcpy(&event, events.data() + at, sizeof event);
      const std::string file = scratch_ + "/" + (events.data() + at + sizeof event);
      at += sizeof event + event.len;
      for (const auto& r : running_)
        if (r->pid_file == file && !std::exchange(r->started, true))
          r->end_after(loop_, r->timeout);
    }
  }
}

void Prober::finish(const std::shared_ptr<Running>& running, ProbeResult result) {
  // The handles' functions own what `running` refers to: they go below.
  const auto keep = running;  // NOLINT(performance-unnecessary-copy-initialization)
  keep->on_output.cancel();
  keep->on_timeout.cancel();
  keep->on_exit.cancel();
  ::unlink(keep->pid_file.c_str());
  std::erase(running_, keep);
  ++free_;
  keep->done(std::move(result));
  next();
}

}  // namespace drydock::runtime
