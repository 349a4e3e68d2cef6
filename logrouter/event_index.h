#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "logrouter/event_scan.h"

namespace drydock::logrouter {

// A stretch of a journal: the times of its events, and where they lie.
struct EventBlock {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::int64_t first_ms = 0;  // the earliest event's time
  std::int64_t last_ms = 0;   // the latest event's
  std::int64_t last_ingestion_ms = 0;
};

// A sparse index of one journal by time: an entry for each 64 KiB, made by reading the journal once
// and kept up as it grows. In memory only; a few KiB for a whole journal. Thread-safe.
class EventIndex {
 public:
  EventIndex(std::string folder, std::shared_ptr<const LineStart> starts)
      : folder_(std::move(folder)), starts_(std::move(starts)) {}

  // The blocks that hold events, in the journal's order, after a look at what is new. The last one
  // may yet grow.
  std::vector<EventBlock> blocks();
  // Where the journal ends at the moment.
  std::uint64_t end() const;
  // Walks all events from the offset of a record.
  EventScanner scan_from(std::uint64_t offset) const {
    return EventScanner(folder_, starts_, offset);
  }
  // Walks the events of one block.
  EventScanner scan(const EventBlock& block) const {
    return EventScanner(folder_, starts_, block.begin, block.end);
  }

 private:
  void refresh();
  void extend(std::uint64_t end);

  std::string folder_;
  std::shared_ptr<const LineStart> starts_;
  std::mutex mutex_;
  std::vector<EventBlock> closed_;
  EventBlock tail_;
  bool tail_has_events_ = false;
  std::uint64_t seen_end_ = 0;
};

// The indexes in use, the least recently used forgotten. Thread-safe.
class EventIndexes {
 public:
  explicit EventIndexes(std::size_t most = 4096) : most_(most) {}
  // `rules` names what `starts` was made from: the same journal read otherwise has other events.
  std::shared_ptr<EventIndex> of(const std::string& folder, const std::string& rules,
                                 const std::shared_ptr<const LineStart>& starts);
  void forget(const std::string& folder);

 private:
  using Key = std::pair<std::string, std::string>;
  struct Kept {
    std::shared_ptr<EventIndex> index;
    std::list<Key>::iterator used;
  };
  std::size_t most_;
  std::mutex mutex_;
  std::map<Key, Kept> kept_;
  std::list<Key> used_;  // the most recent first
};

}  // namespace drydock::logrouter
