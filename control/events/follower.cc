#include "control/events/follower.h"

#include <algorithm>
#include <charconv>

#include "base/logging.h"

namespace drydock::control::events {
namespace {

constexpr const char* kKind = "event-follower";
constexpr std::size_t kAtOnce = 64;

}  // namespace

Result<std::map<std::string, std::uint64_t>> followed(Store& store) {
  std::map<std::string, std::uint64_t> all;
  DRYDOCK_LET(const auto texts, store.load_all(kKind));
  for (const auto& [key, text] : texts) {
    std::uint64_t sequence = 0;
    std::from_chars(text.data(), text.data() + text.size(), sequence);
    all[key] = sequence;
  }
  return all;
}

Follower::Follower(EventLog& log, Store& store, Options options, Deliver deliver)
    : log_(log), store_(store), options_(std::move(options)), deliver_(std::move(deliver)) {
  watch_ = log_.watch([bell = bell_] {
    const std::lock_guard lock(bell->mutex);
    bell->rung.notify_all();
  });
  thread_ = std::thread([this] { work(); });
}

Follower::~Follower() {
  log_.unwatch(watch_);
  ending_ = true;
  {
    const std::lock_guard lock(bell_->mutex);
    bell_->ending = true;
    bell_->rung.notify_all();
  }
  thread_.join();
}

void Follower::work() {
  std::uint64_t at = options_.begin;
  while (wait_for_event(at)) {
    const auto slice = log_.after(at, kAtOnce);
    if (slice.missed > 0)
      log::warn(options_.name + ": " + std::to_string(slice.missed) +
                " events were dropped before they could be delivered");
    for (const LoggedPtr& event : slice.events) {
      if (!hand_over(*event)) return;
      at = event->sequence;
      store_.put(kKind, options_.key, std::to_string(at));
    }
  }
}

bool Follower::hand_over(const Logged& event) {
  Duration delay = options_.first_delay;
  bool told = false;
  while (!ending_) {
    const Delivery done = deliver_(event);
    if (done.end == Delivery::End::kRefused)
      log::warn(options_.name + ": an event was not taken and is dropped: " + done.problem);
    if (done.end != Delivery::End::kAgain) {
      if (told) log::info(options_.name + ": events are delivered again");
      return true;
    }
    if (!std::exchange(told, true) && !ending_)
      log::warn(options_.name + ": " + done.problem + "; events wait, and are tried again");
    if (!wait(delay)) return false;
    delay = std::min(delay * 2, options_.longest);
  }
  return false;
}

bool Follower::wait_for_event(std::uint64_t sequence) {
  std::unique_lock lock(bell_->mutex);
  bell_->rung.wait(lock, [&] { return bell_->ending || log_.last() > sequence; });
  return !bell_->ending;
}

bool Follower::wait(Duration delay) {
  std::unique_lock lock(bell_->mutex);
  bell_->rung.wait_for(lock, delay, [&] { return bell_->ending; });
  return !bell_->ending;
}

}  // namespace drydock::control::events
