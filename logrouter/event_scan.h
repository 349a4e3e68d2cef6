#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "logrouter/journal_format.h"
#include "logrouter/line_start.h"

namespace drydock::logrouter {

// The most bytes of one event that the AWS driver sends: 256 KiB less 26 of overhead.
inline constexpr std::size_t kEventBytes = (256u << 10) - 26;
// Lines that are gathered to one event wait no longer than this for the next.
inline constexpr std::int64_t kGatherMs = 5000;

// One event of a log stream.
struct LogEvent {
  std::int64_t time_ms = 0;
  std::int64_t ingestion_ms = 0;
  std::string text;          // any bytes
  std::uint64_t offset = 0;  // in its journal, of its first record
  std::uint32_t part = 0;    // of an event that was cut
  bool clean = false;        // a scan may begin at `offset` and finds the same events
};

// Length in bytes when sent as UTF-8: a byte that is none counts as U+FFFD.
std::size_t sent_bytes(std::string_view text);
// How many bytes of `text` fit into one event.
std::size_t fitting(std::string_view text);

// Walks the events of one journal: lines as the awslogs driver makes events of them (empty lines
// are none, long ones are cut, `starts` gathers several to one), and what PutLogEvents wrote.
class EventScanner {
 public:
  static constexpr std::uint64_t kToTheEnd = std::numeric_limits<std::uint64_t>::max();

  // From the journal's offset `from`, the start of a record, up to but not including `until`.
  // `starts` may be null: then each line is an event.
  EventScanner(std::string folder, std::shared_ptr<const LineStart> starts, std::uint64_t from = 0,
               std::uint64_t until = kToTheEnd);

  // The next event that is whole; nullopt when there is none (yet).
  std::optional<LogEvent> next();
  // After next() gave nothing: what is held back becomes events of next(). With `older_than_ms`
  // only lines that were gathered and are complete, begun at or before it.
  void finish(std::int64_t older_than_ms = std::numeric_limits<std::int64_t>::max());

 private:
  struct Line {  // being put together from its records
    bool begun = false;
    bool clean = false;
    std::uint64_t offset = 0;
    std::int64_t ms = 0;
    std::string text;
  };
  struct Group : Line {
    std::size_t sent = 0;
  };

  bool next_segment();
  void take(const Record& record, std::uint64_t offset);
  void take_line(const Record& record, std::uint64_t offset);
  void take_event(const Record& record, std::uint64_t offset);
  void end_line(Line& line);
  void gather(Line& line);
  void flush();
  void emit(const Line& line);
  bool nothing_unfinished() const { return !lines_[0].begun && !lines_[1].begun; }

  std::string folder_;
  std::shared_ptr<const LineStart> starts_;
  std::uint64_t from_;
  std::uint64_t until_;
  SegmentCursor cursor_;
  std::uint64_t base_ = 0;
  std::array<Line, 2> lines_;  // by stream
  Group group_;
  std::deque<LogEvent> ready_;
};

}  // namespace drydock::logrouter
