#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/unique_fd.h"
#include "logrouter/journal.h"

namespace drydock::runtime::shim {

// When to read next (decision 28): a container that writes often and little is read every 5 ms, and
// its pipe holds the rest meanwhile. So a line's time is at most 5 ms (and one batch) after it was
// written.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kPause{5};

  // After a pass that read `bytes`, at `now`: how long to let the pipes fill before the next. Zero
  // while passes are rare (below about 200 a second) or when there was so much that waiting would
  // stop the container.
  std::chrono::milliseconds after(Clock::time_point now, std::size_t bytes);

 private:
  static constexpr std::chrono::milliseconds kWindow{50};
  static constexpr int kOften = 10;                 // passes a window: 200 a second
  static constexpr std::size_t kMuch = 128u << 10;  // bytes a pass
  Clock::time_point window_begin_{};
  int passes_ = 0;
  bool often_ = false;
};

// Copies what a container writes into its journal.
class Copier {
 public:
  // `moved`: an inotify descriptor that tells when the journal's checkpoint moves; none without
  // one.
  explicit Copier(logrouter::JournalWriter& journal, UniqueFd moved = {});
  // The reading end of a pipe, or a terminal's master.
  void add(logrouter::Stream stream, UniqueFd fd);
  // Copies until `ended` (a pidfd) is readable; then what is in the pipes at that moment, and not
  // more: a process elsewhere that keeps a pipe's other end must not hold up the container's exit.
  // Reads nothing while the journal is full: the container waits (decision 26).
  void run(int ended);

 private:
  struct Source {
    logrouter::Stream stream;
    UniqueFd fd;
    std::size_t capacity;
  };
  void wait_for_room(int ended);
  std::size_t pump(Source& source, Time at);
  void end(Source& source, Time at);
  void last_flush();

  logrouter::JournalWriter& journal_;
  UniqueFd moved_;
  std::vector<Source> sources_;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace drydock::runtime::shim
