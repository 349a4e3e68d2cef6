#include "runtime/shim/program/exec_session.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>

#include "base/files.h"
#include "base/frames.h"
#include "runtime/shim/program/exec_start.h"
#include "runtime/shim/program/runtime_call.h"
#include "runtime/shim/records.h"

namespace drydock::runtime::shim {
namespace {

using Clock = std::chrono::steady_clock;
using frames::Kind;

constexpr int kUser = STDIN_FILENO;        // the socket of frames
constexpr int kDaemon = STDOUT_FILENO;     // the pipe whose reader is the daemon
constexpr std::size_t kHeld = 256u << 10;  // of bytes that one side has not taken yet
constexpr std::size_t kLast = 1u << 20;    // of output taken after the process's end
constexpr std::chrono::seconds kHangupTime{10};
constexpr char kEndOfFile = 4;  // what a terminal reads as the end of its input

class Session {
 public:
  explicit Session(Execed process)
      : process_(std::move(process)), buffer_(std::make_unique_for_overwrite<char[]>(kRead)) {}

  void run();
  // Gives the user `bytes` and ends; false when the user or the daemon is gone.
  static bool tell(std::string_view bytes);

 private:
  static constexpr std::size_t kRead = 16u << 10;

  bool once();
  void from_user();
  void obey(const frames::Frame& frame);
  void to_process();
  void to_user();
  // Reads one stream of the process; false at its end, and nothing there is no end.
  bool take(int fd, Kind kind, std::size_t most);
  void hang_up();
  void signal(int number) const;
  void finish();
  int input_fd() const {
    return process_.terminal ? process_.terminal.get() : process_.input.get();
  }

  Execed process_;
  std::unique_ptr<char[]> buffer_;
  frames::Reader reader_;
  std::string for_process_;
  std::string for_user_;
  bool input_ended_ = false;
  bool terminal_quiet_ = false;  // nobody has it open in the container any more
  bool hung_up_ = false;
  bool killed_ = false;
  Clock::time_point kill_at_{};
};

// The process leads a session of its own, and with it a group. What asks for an end is meant for
// what it has started, too, as from a terminal.
void Session::signal(int number) const {
  const bool for_all = number != SIGUSR1 && number != SIGUSR2;
  if (for_all && ::getpgid(process_.pid) == process_.pid)
    ::kill(-process_.pid, number);
  else
    ::kill(process_.pid, number);
}

void Session::hang_up() {
  if (std::exchange(hung_up_, true)) return;
  signal(SIGHUP);
  signal(SIGCONT);  // a stopped one could not act on it
  process_.terminal.reset();
  process_.input.reset();
  process_.output.reset();
  process_.error.reset();
  for_process_.clear();
  for_user_.clear();
  kill_at_ = Clock::now() + kHangupTime;
}

void Session::obey(const frames::Frame& frame) {
  switch (frame.kind) {
    case Kind::kInput:
      if (input_fd() >= 0 && !input_ended_) for_process_ += frame.payload;
      return;
    case Kind::kInputEnd:
      input_ended_ = true;
      if (process_.terminal) for_process_ += kEndOfFile;
      return;
    case Kind::kResize:
      if (const auto size = frames::size_of(frame.payload); size && process_.terminal) {
        const winsize window{size->rows, size->columns, 0, 0};
        ::ioctl(process_.terminal.get(), TIOCSWINSZ, &window);
      }
      return;
    case Kind::kSignal:
      if (frame.payload.size() == 1 && frame.payload[0] > 0 && frame.payload[0] < NSIG)
        signal(frame.payload[0]);
      return;
    default:
      return;  // not for us to hear
  }
}

void Session::from_user() {
  const ssize_t got = ::recv(kUser, buffer_.get(), kRead, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return hang_up();
  reader_.feed({buffer_.get(), static_cast<std::size_t>(got)});
  while (const auto frame = reader_.next()) obey(*frame);
  if (reader_.damaged()) hang_up();
}

void Session::to_process() {
  while (!for_process_.empty() && input_fd() >= 0) {
    const ssize_t put = ::write(input_fd(), for_process_.data(), for_process_.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return;
    if (put < 0) {  // it closed its input
      for_process_.clear();
      process_.input.reset();
      return;
    }
    for_process_.erase(0, static_cast<std::size_t>(put));
  }
  if (input_ended_ && for_process_.empty()) process_.input.reset();
}

void Session::to_user() {
  while (!for_user_.empty()) {
    const ssize_t put =
        ::send(kUser, for_user_.data(), for_user_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return;
    if (put < 0) return hang_up();
    for_user_.erase(0, static_cast<std::size_t>(put));
  }
}

bool Session::take(int fd, Kind kind, std::size_t most) {
  for (std::size_t total = 0; total < most;) {
    const ssize_t got = ::read(fd, buffer_.get(), kRead);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return true;
    if (got <= 0) return false;  // a terminal that nobody has open says EIO
    for_user_ += frames::text_of(kind, {buffer_.get(), static_cast<std::size_t>(got)});
    total += static_cast<std::size_t>(got);
  }
  return true;
}

// What is in the pipes at this moment, and not more: something else that the process has started
// may keep them open.
void Session::finish() {
  const auto ended = reap(process_.pidfd.get());
  if (hung_up_) return;
  if (process_.terminal) take(process_.terminal.get(), Kind::kOutput, kLast);
  if (process_.output) take(process_.output.get(), Kind::kOutput, kLast);
  if (process_.error) take(process_.error.get(), Kind::kError, kLast);
  int code = 125;
  if (ended) code = ended->signal ? 128 + *ended->signal : ended->code.value_or(125);
  for_user_ += frames::text_of(Kind::kExited, std::string(1, static_cast<char>(code)));
  tell(for_user_);
}

// One turn; false when the process has ended.
bool Session::once() {
  enum { kUserAt, kDaemonAt, kProcessAt, kInputAt, kOutputAt, kErrorAt, kPolls };
  const bool room = for_user_.size() < kHeld;
  const int out =
      process_.terminal ? (terminal_quiet_ ? -1 : process_.terminal.get()) : process_.output.get();
  pollfd polls[kPolls] = {
      {hung_up_ ? -1 : kUser, POLLRDHUP, 0}, {hung_up_ ? -1 : kDaemon, 0, 0},
      {process_.pidfd.get(), POLLIN, 0},     {for_process_.empty() ? -1 : input_fd(), POLLOUT, 0},
      {room ? out : -1, POLLIN, 0},          {room ? process_.error.get() : -1, POLLIN, 0},
  };
  if (for_process_.size() < kHeld) polls[kUserAt].events |= POLLIN;
  if (!for_user_.empty()) polls[kUserAt].events |= POLLOUT;
  int wait = -1;
  if (hung_up_ && !killed_)
    wait = std::max(
        0, static_cast<int>(
               std::chrono::ceil<std::chrono::milliseconds>(kill_at_ - Clock::now()).count()));
  if (::poll(polls, kPolls, wait) < 0) return true;  // EINTR
  if (hung_up_ && !killed_ && Clock::now() >= kill_at_) {
    killed_ = true;
    signal(SIGKILL);
  }
  if (polls[kDaemonAt].revents != 0) hang_up();
  if (polls[kUserAt].revents & POLLIN) from_user();
  if (polls[kUserAt].revents & (POLLRDHUP | POLLHUP | POLLERR)) hang_up();
  if (polls[kOutputAt].revents != 0 && !hung_up_ && !take(out, Kind::kOutput, kRead)) {
    terminal_quiet_ = true;
    process_.output.reset();
  }
  if (polls[kErrorAt].revents != 0 && !hung_up_ && !take(process_.error.get(), Kind::kError, kRead))
    process_.error.reset();
  to_process();
  to_user();
  return polls[kProcessAt].revents == 0;
}

void Session::run() {
  for_user_ = frames::text_of(Kind::kStarted);
  while (once()) {
  }
  finish();
}

bool Session::tell(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::send(kUser, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(put));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return false;
    pollfd polls[] = {{kUser, POLLOUT | POLLRDHUP, 0}, {kDaemon, 0, 0}};
    if (::poll(polls, 2, -1) < 0) continue;
    if (polls[1].revents != 0 || (polls[0].revents & (POLLRDHUP | POLLERR)) != 0) return false;
  }
  return true;
}

void forget_folder(const ExecCall& call) {
  if (::chdir("/") == 0) (void)remove_tree(call.folder);  // what stays is swept by the next daemon
}

}  // namespace

End exec_session(const ExecCall& call) {
  if (::chdir(call.folder.c_str()) != 0) return End::kNotOurs;
  auto process = exec_in_container(call);
  forget_folder(call);
  if (!process) {
    const auto& why = process.error();
    (void)Session::tell(frames::text_of(Kind::kFailed, std::string(1, static_cast<char>(why.code)) +
                                                           why.text.substr(0, kLongestError)));
    return End::kDone;
  }
  Session(std::move(*process)).run();
  return End::kDone;
}

}  // namespace drydock::runtime::shim
