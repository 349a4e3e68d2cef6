#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "logrouter/journal.h"

namespace drydock::logrouter {

// One event of PutLogEvents on its way into a journal.
struct NewEvent {
  std::int64_t time_ms = 0;
  std::string_view text;  // at most kLongestEvent - kEventTimes bytes
};

// Appends events to a journal of its own. Thread-safe; one writer a journal at a time. The first
// append opens it, and cuts off what a killed daemon left unfinished.
class EventWriter {
 public:
  EventWriter(std::string folder, const JournalOptions& options)
      : folder_(std::move(folder)), options_(options) {}

  // All or nothing; the kernel has them when this returns, so a killed daemon loses none. On a full
  // disk the error says so.
  Status append(const std::vector<NewEvent>& events, std::int64_t ingestion_ms);

 private:
  Status open();
  Status begin_segment();
  void keep_total() const;

  std::string folder_;
  JournalOptions options_;
  std::mutex mutex_;
  UniqueFd segment_;
  std::uint64_t base_ = 0;
  std::uint64_t size_ = 0;  // of the open segment
  bool opened_ = false;
};

}  // namespace drydock::logrouter
