#include "router/output_queue.h"

#include <algorithm>

namespace drydock::router {
namespace {

constexpr std::chrono::milliseconds kFirstWait{200};
constexpr std::chrono::milliseconds kLongestWait{10000};
constexpr int kSilent = 2;  // failures before one is told

}  // namespace

OutputQueue::OutputQueue(std::string name, std::unique_ptr<Output> output,
                         std::function<void(const std::string&)> tell)
    : name_(std::move(name)),
      output_(std::move(output)),
      tell_(std::move(tell)),
      thread_([this] { work(); }) {}

OutputQueue::~OutputQueue() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  news_.notify_all();
  thread_.join();
}

void OutputQueue::put(LogEvents events, std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    pieces_.push_back({std::move(events), std::move(done)});
  }
  news_.notify_all();
}

void OutputQueue::drain(Duration at_most) {
  std::unique_lock lock(mutex_);
  draining_ = true;
  news_.notify_all();
  if (idle_.wait_for(lock, at_most, [this] { return drained_; })) return;
  std::size_t records = 0;
  for (const Piece& piece : pieces_) records += piece.events.size();
  tell_(name_ + " has not taken " + std::to_string(records) +
        " records; the router ends all the same");
}

void OutputQueue::work() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (pieces_.empty()) {
      const bool last = draining_;
      lock.unlock();
      const auto flushed = output_->flush(last);
      lock.lock();
      if (!flushed && last) tell_(name_ + ": " + flushed.error().message);
      if (last && pieces_.empty()) {
        drained_ = true;
        idle_.notify_all();
        news_.wait(lock, [this] { return ending_ || !pieces_.empty(); });
        continue;
      }
      news_.wait_for(lock, std::chrono::seconds(1),
                     [this] { return ending_ || draining_ || !pieces_.empty(); });
      continue;
    }
    // Small pieces go together.
    LogEvents events;
    std::size_t taken = 0;
    while (taken < pieces_.size() &&
           (taken == 0 || events.size() + pieces_[taken].events.size() <= output_->most())) {
      auto& more = pieces_[taken++].events;
      events.insert(events.end(), more.begin(), more.end());
    }
    lock.unlock();
    const bool written = write(events);
    lock.lock();
    if (!written) continue;
    std::deque<Piece> done;
    for (; taken > 0; --taken) {
      done.push_back(std::move(pieces_.front()));
      pieces_.pop_front();
    }
    lock.unlock();
    for (const auto& piece : done)
      if (piece.done) piece.done();
    lock.lock();
  }
}

// Until the output has taken them; false: the router ends.
bool OutputQueue::write(const LogEvents& events) {
  auto wait = kFirstWait;
  for (int failures = 0;; ++failures) {
    const auto written = output_->write(events);
    if (written) {
      if (failures > kSilent) tell_(name_ + " takes records again");
      return true;
    }
    if (written.error().code == Errc::kInvalid) {
      tell_(name_ + " will never take " + std::to_string(events.size()) +
            " records, which are given up: " + written.error().message);
      return true;
    }
    if (failures == kSilent)
      tell_(name_ + " does not take records; they wait: " + written.error().message);
    std::unique_lock lock(mutex_);
    if (news_.wait_for(lock, wait, [this] { return ending_; })) return false;
    wait = std::min(wait * 2, kLongestWait);
  }
}

}  // namespace drydock::router
