#include "control/events/log.h"

#include <algorithm>
#include <charconv>

namespace drydock::control::events {
namespace {

constexpr const char* kKind = "event";

// Ids are compared as texts.
std::string id_of(std::uint64_t sequence) {
  const std::string digits = std::to_string(sequence);
  return std::string(20 - digits.size(), '0') + digits;
}

// "<nanoseconds> <cluster>\n<line>": read at each start of the daemon, so nothing of it is parsed.
std::string stored(const Logged& one) {
  return std::to_string(one.at.time_since_epoch().count()) + " " + one.cluster + "\n" + one.line;
}

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

LoggedPtr logged_of(const std::string& id, const std::string& text) {
  auto one = std::make_shared<Logged>();
  const auto head = std::min(text.find('\n'), text.size());
  const auto space = std::min(text.find(' '), head);
  std::int64_t nanoseconds = 0;
  if (head == text.size() || !read(id, one->sequence) ||
      !read(std::string_view(text).substr(0, space), nanoseconds))
    return nullptr;
  one->at = Time(Duration(nanoseconds));
  one->cluster = text.substr(std::min(space + 1, head), head - std::min(space + 1, head));
  one->line = text.substr(head + 1);
  return one;
}

}  // namespace

Status EventLog::restore() {
  DRYDOCK_LET(const auto texts, store_.load_all(kKind));
  const std::lock_guard lock(mutex_);
  for (const auto& [id, text] : texts) {
    auto one = logged_of(id, text);
    if (!one) return fail(Errc::kInvalid, "stored event " + id + ": it cannot be read");
    bytes_ += one->line.size();
    last_ = one->sequence;
    events_.push_back(std::move(one));
  }
  earlier_ = last_;
  while (events_.size() > most_) drop_oldest();
  return {};
}

void EventLog::drop_oldest() {
  store_.remove(kKind, id_of(events_.front()->sequence));
  bytes_ -= events_.front()->line.size();
  events_.pop_front();
}

void EventLog::add(const Event& event) {
  auto one = std::make_shared<Logged>();
  one->at = event.at;
  one->cluster = event.cluster;
  one->line = event_line(event);
  std::vector<std::function<void()>> told;
  {
    const std::lock_guard lock(mutex_);
    one->sequence = ++last_;
    store_.put(kKind, id_of(one->sequence), stored(*one));
    bytes_ += one->line.size();
    events_.push_back(std::move(one));
    while (events_.size() > 1 && (events_.size() > most_ || bytes_ > kMostBytes)) drop_oldest();
    for (const auto& [id, fn] : watches_) told.push_back(fn);
  }
  for (const auto& fn : told) fn();
}

void EventLog::forget_all() {
  const std::lock_guard lock(mutex_);
  events_.clear();
  bytes_ = 0;
}

EventLog::Slice EventLog::after(std::uint64_t sequence, std::size_t most) const {
  const std::lock_guard lock(mutex_);
  Slice slice;
  auto at = std::upper_bound(
      events_.begin(), events_.end(), sequence,
      [](std::uint64_t wanted, const LoggedPtr& one) { return wanted < one->sequence; });
  if (at != events_.end() && sequence > 0) slice.missed = (*at)->sequence - sequence - 1;
  for (; at != events_.end() && slice.events.size() < most; ++at) slice.events.push_back(*at);
  return slice;
}

std::uint64_t EventLog::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

int EventLog::watch(std::function<void()> fn) {
  const std::lock_guard lock(mutex_);
  watches_[next_watch_] = std::move(fn);
  return next_watch_++;
}

void EventLog::unwatch(int id) {
  const std::lock_guard lock(mutex_);
  watches_.erase(id);
}

}  // namespace drydock::control::events
