#include "runtime/shim/program/copier.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace drydock::runtime::shim {
namespace {

constexpr std::size_t kRead = 64u << 10;
constexpr std::size_t kPipe = 1u << 20;
constexpr int kDiskMs = 100;                       // a full disk does not tell when it is freed
constexpr std::chrono::seconds kDiskPatience{20};  // after the container's end

}  // namespace

std::chrono::milliseconds Pace::after(Clock::time_point now, std::size_t bytes) {
  ++passes_;
  if (now - window_begin_ >= kWindow) {
    // While pausing, a window holds ten passes at most: hold on as long as it is near that.
    often_ = passes_ >= (often_ ? kOften / 2 : kOften) && now - window_begin_ < 2 * kWindow;
    window_begin_ = now;
    passes_ = 0;
  }
  if (bytes >= kMuch || !(often_ || passes_ >= kOften)) return {};
  return kPause;
}

Copier::Copier(logrouter::JournalWriter& journal, UniqueFd moved)
    : journal_(journal),
      moved_(std::move(moved)),
      buffer_(std::make_unique_for_overwrite<char[]>(kRead)) {}

void Copier::add(logrouter::Stream stream, UniqueFd fd) {
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  const int size = ::fcntl(fd.get(), F_GETPIPE_SZ);
  sources_.push_back({stream, std::move(fd), size > 0 ? static_cast<std::size_t>(size) : kPipe});
}

// Reads what is there, at most what the pipe can hold.
std::size_t Copier::pump(Source& s, Time at) {
  std::size_t bytes = 0;
  while (s.fd && bytes < s.capacity) {
    const ssize_t n = ::read(s.fd.get(), buffer_.get(), std::min(kRead, s.capacity - bytes));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) {  // end-of-file; a terminal says EIO
      end(s, at);
      break;
    }
    journal_.append(s.stream, at, {buffer_.get(), static_cast<std::size_t>(n)});
    bytes += static_cast<std::size_t>(n);
    if (journal_.waits_for_disk()) break;  // nothing is read that cannot be stored
    // A short read emptied the pipe; a terminal gives a line at a time.
    if (static_cast<std::size_t>(n) < kRead / 16) break;
  }
  return bytes;
}

void Copier::end(Source& s, Time at) {
  journal_.finish(s.stream, at);
  s.fd.reset();
}

// Until the destination has got on, the disk may have been freed, or the container has ended.
void Copier::wait_for_room(int ended) {
  pollfd polls[] = {{ended, POLLIN, 0}, {moved_.get(), POLLIN, 0}};
  ::poll(polls, 2, journal_.waits_for_disk() ? kDiskMs : -1);
  char events[1024];
  while (moved_ && ::read(moved_.get(), events, sizeof events) > 0) continue;
  if (journal_.waits_for_disk()) journal_.flush(now());
}

void Copier::last_flush() {
  journal_.flush(now());
  const auto until = Pace::Clock::now() + kDiskPatience;
  while (journal_.waits_for_disk() && Pace::Clock::now() < until) wait_for_room(-1);
  if (!journal_.waits_for_disk()) return;
  journal_.give_up();
  journal_.flush(now());
}

void Copier::run(int ended) {
  Pace pace;
  std::chrono::milliseconds pause{0};
  for (;;) {
    if (journal_.full()) {
      pollfd over{ended, POLLIN, 0};
      if (::poll(&over, 1, 0) > 0) break;
      wait_for_room(ended);
      continue;
    }
    std::vector<pollfd> polls = {{ended, POLLIN, 0}};
    if (pause.count() == 0)
      for (const Source& s : sources_) polls.push_back({s.fd.get(), POLLIN, 0});  // -1 is skipped
    const int n = ::poll(polls.data(), polls.size(),
                         pause.count() > 0 ? static_cast<int>(pause.count()) : -1);
    if (n < 0 && errno != EINTR) break;
    if (polls[0].revents != 0) break;
    if (pause.count() > 0) {
      pause = {};
      continue;
    }
    std::size_t bytes = 0;
    const Time at = now();
    for (std::size_t i = 0; i < sources_.size(); ++i)
      if (polls[i + 1].revents != 0) bytes += pump(sources_[i], at);
    journal_.flush(at);
    pause = pace.after(Pace::Clock::now(), bytes);
  }
  const Time at = now();
  for (Source& s : sources_) {
    std::size_t left = s.capacity;
    while (s.fd && left > 0) {
      const std::size_t n = pump(s, at);
      if (n == 0) break;
      left -= std::min(left, n);
    }
    if (s.fd) end(s, at);
  }
  last_flush();
}

}  // namespace drydock::runtime::shim
