#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "logrouter/event_index.h"

namespace drydock::logrouter {

// Where an event stands among those of any number of journals: by time, then by journal and place
// in it. Stays the same for the journals' whole life, so it is the event's id, too.
struct EventPlace {
  std::int64_t ms = 0;
  std::uint64_t journal = 0;
  std::uint64_t offset = 0;
  std::uint32_t part = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the operator's 0 for a pointer
  auto operator<=>(const EventPlace&) const = default;

  static constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint32_t kLastPart = 99;
  // Between the events of earlier milliseconds and those of `ms`.
  static EventPlace before(std::int64_t ms) { return {ms - 1, kLast, kLast, kLastPart}; }
};

// 56 decimal digits, in the order of the places; and back (nullopt when they are none).
std::string text_of(const EventPlace& place);
std::optional<EventPlace> parse_place(std::string_view digits);

struct EventSource {
  std::shared_ptr<EventIndex> index;
  std::uint64_t journal = 0;  // its number in places
  std::size_t stream = 0;     // the caller's own
  bool ended = false;         // nothing more will be written: no line waits for others
};

struct EventQuery {
  std::vector<EventSource> sources;
  std::int64_t from_ms = 0;                                       // at or after
  std::int64_t to_ms = std::numeric_limits<std::int64_t>::max();  // before
  std::optional<EventPlace> start;  // only after it; backward: only before it
  bool backward = false;            // the newest of them
  std::size_t limit = 10000;
  std::size_t bytes = 1u << 20;                   // of text, but at least one event
  std::function<bool(std::string_view)> matches;  // empty: every event
  std::uint64_t budget = 64u << 20;  // about so many bytes of journal are read before it pauses
  std::int64_t now_ms = 0;
};

struct FoundEvent {
  std::size_t stream = 0;
  EventPlace place;
  LogEvent event;
};

struct EventPage {
  std::vector<FoundEvent> events;    // by place, ascending
  std::optional<EventPlace> resume;  // there may be more: the `start` of the next query
};

// The first events (backward: the last) of a range of time. Memory is bounded by `bytes`, work by
// the blocks that overlap what is returned.
EventPage find_events(const EventQuery& query);

}  // namespace drydock::logrouter
