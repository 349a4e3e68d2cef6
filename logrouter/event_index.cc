#include "logrouter/event_index.h"

#include <sys/stat.h>

#include <algorithm>

namespace drydock::logrouter {
namespace {

constexpr std::uint64_t kBlock = 64u << 10;

struct Extent {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

Extent extent_of(const std::string& folder) {
  const auto bases = segments(folder);
  if (bases.empty()) return {};
  struct stat st {};
  const bool there = ::stat((folder + "/" + segment_name(bases.back())).c_str(), &st) == 0;
  return {bases.front(), bases.back() + (there ? static_cast<std::uint64_t>(st.st_size) : 0)};
}

void include(EventBlock& block, const LogEvent& e, bool first) {
  block.first_ms = first ? e.time_ms : std::min(block.first_ms, e.time_ms);
  block.last_ms = first ? e.time_ms : std::max(block.last_ms, e.time_ms);
  block.last_ingestion_ms = std::max(block.last_ingestion_ms, e.ingestion_ms);
}

}  // namespace

std::vector<EventBlock> EventIndex::blocks() {
  std::lock_guard lock(mutex_);
  refresh();
  std::vector<EventBlock> all = closed_;
  if (tail_has_events_) all.push_back(tail_);
  return all;
}

std::uint64_t EventIndex::end() const { return extent_of(folder_).end; }

void EventIndex::refresh() {
  const Extent now = extent_of(folder_);
  if (now.end < tail_.begin) {  // another journal took its place
    closed_.clear();
    tail_ = {};
    tail_has_events_ = false;
    seen_end_ = 0;
  }
  const auto kept = std::find_if(closed_.begin(), closed_.end(),
                                 [&](const EventBlock& b) { return b.end > now.begin; });
  closed_.erase(closed_.begin(), kept);
  if (now.end == seen_end_) return;
  extend(now.end);
}

void EventIndex::extend(std::uint64_t end) {
  const std::uint64_t from = tail_.begin;
  tail_ = {from, end, 0, 0, 0};
  tail_has_events_ = false;
  EventScanner scanner(folder_, starts_, from, end);
  const auto take = [this](const LogEvent& e) {
    include(tail_, e, !tail_has_events_);
    tail_has_events_ = true;
  };
  while (const auto e = scanner.next()) {
    if (e->clean && tail_has_events_ && e->offset - tail_.begin >= kBlock) {
      EventBlock whole = tail_;
      whole.end = e->offset;
      closed_.push_back(whole);
      tail_ = {e->offset, end, 0, 0, 0};
      tail_has_events_ = false;
    }
    take(*e);
  }
  scanner.finish();
  while (const auto e = scanner.next()) take(*e);
  seen_end_ = end;
}

std::shared_ptr<EventIndex> EventIndexes::of(const std::string& folder, const std::string& rules,
                                             const std::shared_ptr<const LineStart>& starts) {
  std::lock_guard lock(mutex_);
  const Key key{folder, rules};
  if (const auto it = kept_.find(key); it != kept_.end()) {
    used_.splice(used_.begin(), used_, it->second.used);
    return it->second.index;
  }
  used_.push_front(key);
  auto index = std::make_shared<EventIndex>(folder, starts);
  kept_[key] = {index, used_.begin()};
  if (kept_.size() > most_) {
    kept_.erase(used_.back());
    used_.pop_back();
  }
  return index;
}

void EventIndexes::forget(const std::string& folder) {
  std::lock_guard lock(mutex_);
  for (auto it = kept_.begin(); it != kept_.end();) {
    if (it->first.first != folder) {
      ++it;
      continue;
    }
    used_.erase(it->second.used);
    it = kept_.erase(it);
  }
}

}  // namespace drydock::logrouter
