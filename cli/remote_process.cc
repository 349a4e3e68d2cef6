#include "cli/remote_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>

#include "base/files.h"
#include "base/frames.h"
#include "cli/raw_terminal.h"

namespace drydock::cli {
namespace {

using frames::Kind;
using Outcome = tl::expected<int, RemoteFailure>;

constexpr std::size_t kHeld = 256u << 10;  // of input that the daemon has not taken yet
constexpr std::size_t kRead = 16u << 10;

class Attendant {
 public:
  explicit Attendant(RemoteProcess process);
  ~Attendant();
  Attendant(const Attendant&) = delete;
  Attendant& operator=(const Attendant&) = delete;
  Outcome run();

 private:
  void from_socket();
  void obey(const frames::Frame& frame);
  void from_input();
  void from_signals();
  void to_socket();
  void print(int fd, std::string_view bytes);
  void fail(std::string text) { outcome_ = tl::unexpected(RemoteFailure{125, std::move(text)}); }

  RemoteProcess process_;
  frames::Reader reader_;
  UniqueFd signals_;
  sigset_t old_mask_{};
  std::string out_;
  bool started_ = false;
  bool input_open_;
  std::optional<RawTerminal> raw_;
  std::optional<Outcome> outcome_;
};

// SIGPIPE: a reader that goes away is news, not our end. With a terminal its keys come as bytes.
Attendant::Attendant(RemoteProcess process)
    : process_(std::move(process)), input_open_(process_.input || process_.terminal) {
  sigset_t mask;
  sigemptyset(&mask);
  for (const int s : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH})
    sigaddset(&mask, s);
  sigset_t blocked = mask;
  sigaddset(&blocked, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &old_mask_);
  signals_.reset(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  ::fcntl(process_.socket.get(), F_SETFL, O_NONBLOCK);
}

Attendant::~Attendant() { ::pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr); }

void Attendant::print(int fd, std::string_view bytes) {
  // Nobody reads any more: the process is told as it would be in a pipeline, by its end.
  if (!write_all(fd, bytes)) outcome_ = 128 + SIGPIPE;
}

void Attendant::obey(const frames::Frame& frame) {
  const auto first = [&](int otherwise) {
    return frame.payload.empty() ? otherwise : static_cast<unsigned char>(frame.payload[0]);
  };
  switch (frame.kind) {
    case Kind::kStarted:
      started_ = true;
      if (process_.terminal) {
        raw_.emplace(STDIN_FILENO);
        out_ += frames::resize(terminal_size(STDOUT_FILENO));
      }
      return;
    case Kind::kOutput:
      return print(STDOUT_FILENO, frame.payload);
    case Kind::kError:
      return print(STDERR_FILENO, frame.payload);
    case Kind::kExited:
      outcome_ = first(255);
      return;
    case Kind::kFailed:
      outcome_ = tl::unexpected(
          RemoteFailure{first(125), frame.payload.empty() ? "" : frame.payload.substr(1)});
      return;
    default:
      return;
  }
}

void Attendant::from_socket() {
  char buffer[kRead];
  const ssize_t got = ::recv(process_.socket.get(), buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return fail("the daemon, or the process's parent there, went away");
  reader_.feed({buffer, static_cast<std::size_t>(got)});
}

void Attendant::from_input() {
  char buffer[kRead];
  const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    input_open_ = false;
    out_ += frames::text_of(Kind::kInputEnd);
    return;
  }
  out_ += frames::text_of(Kind::kInput, {buffer, static_cast<std::size_t>(got)});
}

void Attendant::from_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo != SIGWINCH)
      out_ += frames::text_of(Kind::kSignal, std::string(1, static_cast<char>(info.ssi_signo)));
    else if (process_.terminal && started_)
      out_ += frames::resize(terminal_size(STDOUT_FILENO));
  }
}

void Attendant::to_socket() {
  while (!out_.empty()) {
    const ssize_t put = ::send(process_.socket.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return;  // full, or gone: then what it has sent is read first
    out_.erase(0, static_cast<std::size_t>(put));
  }
}

Outcome Attendant::run() {
  reader_.feed(process_.early);
  while (!outcome_) {
    while (!outcome_) {
      const auto frame = reader_.next();
      if (!frame) break;
      obey(*frame);
    }
    if (outcome_) break;
    if (reader_.damaged()) return tl::unexpected(RemoteFailure{125, "the daemon sent nonsense"});
    to_socket();
    const bool read_input = input_open_ && started_ && out_.size() < kHeld;
    pollfd polls[] = {{process_.socket.get(), POLLIN, 0},
                      {signals_.get(), POLLIN, 0},
                      {read_input ? STDIN_FILENO : -1, POLLIN, 0}};
    if (!out_.empty()) polls[0].events |= POLLOUT;
    if (::poll(polls, 3, -1) < 0) continue;
    if (polls[1].revents != 0) from_signals();
    if (polls[2].revents != 0) from_input();
    if ((polls[0].revents & ~POLLOUT) != 0) from_socket();
  }
  return *outcome_;
}

}  // namespace

tl::expected<int, RemoteFailure> attend(RemoteProcess process) {
  return Attendant(std::move(process)).run();
}

}  // namespace drydock::cli
