#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "control/events/documents.h"
#include "control/store.h"

namespace drydock::control::events {

struct Logged {
  std::uint64_t sequence = 0;  // counts up by one, also across restarts of the daemon
  Time at{};
  std::string cluster;
  std::string line;  // JSON, without a line feed
};
using LoggedPtr = std::shared_ptr<const Logged>;

// The newest events, in order. They are documents of the store: an event is committed together with
// the change that it tells of, so whoever kills the daemon takes away both or neither. The queue of
// all who deliver events is this log: what it drops before they took it, they missed.
class EventLog {
 public:
  static constexpr std::size_t kMostBytes = 16u << 20;

  explicit EventLog(Store& store) : store_(store) {}
  // How many are kept (and kMostBytes of them at most). Before restore().
  void limit(std::size_t most) { most_ = most; }

  // Loop thread.
  Status restore();
  void add(const Event& event);
  void forget_all();  // reset: memory only

  // From any thread.
  struct Slice {
    std::vector<LoggedPtr> events;
    std::uint64_t missed = 0;  // that were dropped between `sequence` and the first one
  };
  // Those behind `sequence` (0: from the first), at most `most`.
  Slice after(std::uint64_t sequence, std::size_t most) const;
  // The sequence of the newest one; 0: there was none yet.
  std::uint64_t last() const;
  // The sequence of the newest one before this daemon began.
  std::uint64_t last_of_earlier() const { return earlier_; }
  // `fn` is called on the loop's thread after each event, and must be quick. It may still be
  // running when unwatch() returns.
  int watch(std::function<void()> fn);
  void unwatch(int id);

 private:
  void drop_oldest();

  Store& store_;
  std::size_t most_ = 5000;
  std::uint64_t earlier_ = 0;
  mutable std::mutex mutex_;
  std::deque<LoggedPtr> events_;
  std::size_t bytes_ = 0;
  std::uint64_t last_ = 0;
  std::map<int, std::function<void()>> watches_;
  int next_watch_ = 1;
};

}  // namespace drydock::control::events
