#include "logrouter/event_query.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>

namespace drydock::logrouter {
namespace {

// A line that was gathered may get a companion so long after it was stamped.
constexpr std::int64_t kSettleMs = kGatherMs + 1000;
constexpr std::size_t kDigits = 56;

template <class T>
bool digits(std::string_view text, T& value) {
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
  return bad == std::errc() && end == text.data() + text.size();
}

struct Stretch {
  const EventSource* source;
  EventBlock block;
  bool open;  // the last of its journal
};

// Gathers the best events seen so far, never more than the query allows.
class Best {
 public:
  explicit Best(const EventQuery& query) : query_(query) {}

  // Whether something that begins at `ms` can still matter.
  bool wants(std::int64_t ms) const {
    return !bound_ || (query_.backward ? ms >= bound_->ms : ms <= bound_->ms);
  }
  void take(const EventSource& source, LogEvent&& e) {
    const EventPlace place{e.time_ms, source.journal, e.offset, e.part};
    if (e.time_ms < query_.from_ms || e.time_ms >= query_.to_ms) return;
    if (query_.start && (query_.backward ? place >= *query_.start : place <= *query_.start)) return;
    if (bound_ && (query_.backward ? place <= *bound_ : place >= *bound_)) return;
    if (query_.matches && !query_.matches(e.text)) return;
    bytes_ += e.text.size();
    kept_.emplace(place, FoundEvent{source.stream, place, std::move(e)});
    while (kept_.size() > query_.limit || (bytes_ > query_.bytes && kept_.size() > 1)) drop_worst();
  }
  // Forgets what lies at or beyond `ms`, where not everything was looked at.
  EventPage finish(std::optional<std::int64_t> cut) {
    while (cut && !kept_.empty() && beyond(*cut, worst()->first.ms)) drop_worst();
    EventPage page;
    for (auto& [place, found] : kept_) page.events.push_back(std::move(found));
    if (bound_ && !page.events.empty())
      page.resume = query_.backward ? page.events.front().place : page.events.back().place;
    // Nothing was dropped before the cut: go on from there.
    if (cut && (!bound_ || beyond(*cut, bound_->ms)))
      page.resume = query_.backward ? EventPlace{*cut + 1, 0, 0, 0} : EventPlace::before(*cut);
    return page;
  }

 private:
  bool beyond(std::int64_t cut, std::int64_t ms) const {
    return query_.backward ? ms <= cut : ms >= cut;
  }
  std::map<EventPlace, FoundEvent>::iterator worst() {
    return query_.backward ? kept_.begin() : std::prev(kept_.end());
  }
  void drop_worst() {
    const auto it = worst();
    bound_ = it->first;
    bytes_ -= it->second.event.text.size();
    kept_.erase(it);
  }

  const EventQuery& query_;
  std::map<EventPlace, FoundEvent> kept_;
  std::size_t bytes_ = 0;
  std::optional<EventPlace> bound_;
};

std::vector<Stretch> stretches(const EventQuery& query) {
  std::int64_t from = query.from_ms;
  std::int64_t to = query.to_ms;
  if (query.start && !query.backward) from = std::max(from, query.start->ms);
  if (query.start && query.backward && query.start->ms < to) to = query.start->ms + 1;
  std::vector<Stretch> all;
  for (const EventSource& source : query.sources) {
    const auto blocks = source.index->blocks();
    for (std::size_t i = 0; i < blocks.size(); ++i)
      if (blocks[i].last_ms >= from && blocks[i].first_ms < to)
        all.push_back({&source, blocks[i], i + 1 == blocks.size()});
  }
  std::stable_sort(all.begin(), all.end(), [&](const Stretch& a, const Stretch& b) {
    return query.backward ? a.block.last_ms > b.block.last_ms : a.block.first_ms < b.block.first_ms;
  });
  return all;
}

void scan(const Stretch& s, std::int64_t now_ms, Best& best) {
  EventScanner scanner = s.source->index->scan(s.block);
  while (auto e = scanner.next()) best.take(*s.source, std::move(*e));
  if (s.open && !s.source->ended)
    scanner.finish(now_ms - kSettleMs);
  else
    scanner.finish();
  while (auto e = scanner.next()) best.take(*s.source, std::move(*e));
}

// Whether pausing before `s` leaves the next query less to do than this one.
bool progress(const EventQuery& query, const Stretch& s) {
  if (query.backward) return !query.start || s.block.last_ms + 1 < query.start->ms;
  const std::int64_t began =
      std::max(query.from_ms, query.start ? query.start->ms + 1 : query.from_ms);
  return s.block.first_ms > began;
}

}  // namespace

std::string text_of(const EventPlace& p) {
  char text[kDigits + 1];
  std::snprintf(text, sizeof text, "%014llu%020llu%020llu%02u",
                static_cast<unsigned long long>(std::clamp<std::int64_t>(p.ms, 0, 99999999999999)),
                static_cast<unsigned long long>(p.journal),
                static_cast<unsigned long long>(p.offset), std::min(p.part, EventPlace::kLastPart));
  return text;
}

std::optional<EventPlace> parse_place(std::string_view text) {
  EventPlace p;
  if (text.size() != kDigits || !digits(text.substr(0, 14), p.ms) ||
      !digits(text.substr(14, 20), p.journal) || !digits(text.substr(34, 20), p.offset) ||
      !digits(text.substr(54), p.part) || text.find_first_not_of("0123456789") != text.npos)
    return std::nullopt;
  return p;
}

EventPage find_events(const EventQuery& query) {
  Best best(query);
  std::optional<std::int64_t> cut;
  std::uint64_t read = 0;
  for (const Stretch& s : stretches(query)) {
    const std::int64_t begins = query.backward ? s.block.last_ms : s.block.first_ms;
    if (!best.wants(begins)) break;
    if (read >= query.budget && progress(query, s)) {
      cut = begins;
      break;
    }
    read += s.block.end - s.block.begin;
    scan(s, query.now_ms, best);
  }
  return best.finish(cut);
}

}  // namespace drydock::logrouter
