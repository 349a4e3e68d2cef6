#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"

// The journal on disk. One folder a container, holding segment files that are only ever appended
// to:
//
//   00000000000000000000.log, 00000000000008388712.log, ...
//
// A segment's name is the offset of its first byte in the journal, 20 digits; the next segment
// begins where the one before ended, so an offset names one record for the journal's whole life,
// across rotation and deletion.
//
// A segment is a row of records, of these kinds:
//
//   line    `<time> stdout F text\n`: the CRI log line format. <time> is RFC 3339 in UTC with nine
//   digits of fraction
//           (30 characters). `P` instead of `F`: the line goes on in the next record of the same
//           stream; a record's text is at most limits::kLogLine bytes. The text is what the
//           container wrote, any byte but '\n'.
//   gap     `<time> gap F <lines> <bytes>\n`: so many were dropped here, for want of space. With 0
//   lines it only closes
//           an unfinished line (the writer was killed between two parts of it).
//   header  `<time> segment F <lines>\n`: first record of each segment: how many whole lines the
//   journal had before it.
//           A reader that missed deleted segments knows from it how many lines it lost.
//   event   0x1e, 'E', length (4 bytes, little-endian), that many bytes, '\n'. The bytes are the
//   event's time and its
//           ingestion time (milliseconds since 1970, 8 bytes each, little-endian), then its text,
//           which may hold newlines: what PutLogEvents brought. No line begins with 0x1e.
//
// A reader skips kinds and stream words that it does not know. A record without its end is torn:
// the writer is in the middle of it, or was killed; readers never show it, and the next writer cuts
// it off.
namespace drydock::logrouter {

enum class Stream : std::uint8_t { kStdout, kStderr, kGap };

inline constexpr char kEventMark = 0x1e;
inline constexpr char kEventKind = 'E';
inline constexpr std::size_t kEventHead = 6;            // mark, kind, length
inline constexpr std::size_t kEventTimes = 16;          // of the event, of its ingestion
inline constexpr std::size_t kLongestEvent = 1u << 20;  // a longer length is damage
inline constexpr std::size_t kLongestLineRecord =
    32u << 10;                                // limits::kLogLine and its head, with room
inline constexpr std::size_t kTimeSize = 30;  // "2026-03-01T08:15:04.123456789Z"
inline constexpr std::size_t kLineHead = kTimeSize + 10;  // time, " stdout F "

struct Record {
  enum class Kind : std::uint8_t { kLine, kGap, kHeader, kEvent, kOther };
  Kind kind = Kind::kOther;
  Stream stream = Stream::kStdout;
  bool partial = false;
  std::string_view time;          // kTimeSize characters; see record_time
  std::string_view text;          // kLine: the line's bytes; kEvent: its message
  std::uint64_t lines = 0;        // kGap: dropped; kHeader: before this segment
  std::uint64_t bytes = 0;        // kGap: dropped
  std::int64_t event_ms = 0;      // kEvent
  std::int64_t ingestion_ms = 0;  // kEvent
  std::size_t size = 0;           // of the whole record
};

// The first record of `data`; nullopt when its end is not there yet. What is no record at all
// becomes kOther.
std::optional<Record> parse_record(std::string_view data);
// The time of a record; 1970 when its digits are damaged.
Time record_time(std::string_view time);

std::string gap_record(Time at, std::uint64_t lines, std::uint64_t bytes);
std::string header_record(Time at, std::uint64_t lines);
// Appends an event record to `out`. `text` has at most kLongestEvent - kEventTimes bytes.
void append_event(std::string& out, std::int64_t event_ms, std::int64_t ingestion_ms,
                  std::string_view text);

// "00000000000008388712.log".
std::string segment_name(std::uint64_t base);
// The bases of the segments in `folder`, ascending; empty for an absent folder.
std::vector<std::uint64_t> segments(const std::string& folder);

// Walks the records of one segment file, forwards. Made for a file that grows at the same time.
class SegmentCursor {
 public:
  SegmentCursor() = default;
  // Begins `at` bytes into the file `fd`, at the start of a record.
  SegmentCursor(UniqueFd fd, std::uint64_t at) : fd_(std::move(fd)), at_(at) {}

  // The next whole record; its views live until the next call. nullopt at the end or at a torn
  // record: later calls look again, from the start of that record (the writer may have cut it off
  // and written another).
  std::optional<Record> next();
  // Where the next record begins, in bytes from the start of the file.
  std::uint64_t position() const { return at_; }
  explicit operator bool() const { return static_cast<bool>(fd_); }

 private:
  bool fill();

  UniqueFd fd_;
  std::uint64_t at_ = 0;  // file position of buffer_[begin_]
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace drydock::logrouter
