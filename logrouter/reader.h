#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "logrouter/journal_format.h"

namespace drydock::logrouter {

// A place in a journal, to save and resume from. Resuming may show lines again that had been shown
// while another stream's line was unfinished, and never loses one.
struct Position {
  std::uint64_t offset = 0;
  std::uint64_t lines = 0;  // whole lines before it: how a reader counts what deletion took from it
  bool operator==(const Position&) const = default;
};

// One line, or kGap: `dropped` lines are missing here (deleted or never stored), and text says so.
struct Entry {
  Time time{};
  Stream stream = Stream::kStdout;
  std::string text;           // without '\n'; any other byte may occur
  std::uint64_t offset = 0;   // of its first record
  bool partial = false;       // the line goes on in the next entry of this stream
  std::uint64_t dropped = 0;  // kGap only
};

struct ReadOptions {
  std::optional<Position> from;  // resume; otherwise from the oldest line kept
  std::optional<std::size_t>
      tail;  // only the newest N lines (those before `until`); ignored with `from`
  std::optional<Stream> tail_of;  // that counts lines of this stream only
  std::optional<Time> since;      // only entries at or after it
  std::optional<Time> until;      // only entries before it
  bool follow = false;            // the end is not the end: unfinished lines wait for their rest
};

// A line longer than this, or that ends later than this in the journal, is shown in parts.
inline constexpr std::size_t kLongestEntry = 1u << 20;

// Reads one journal, while it is written or after. One thread; reads the file when asked and never
// waits: to follow, watch the folder with a JournalWatch and call next() until it has nothing.
class JournalReader {
 public:
  // An absent folder is an empty journal. kInvalid: `from` lies beyond the journal's end. `tail`
  // reads the newest segments once to find its start (8 MiB take a few milliseconds).
  static Result<JournalReader> open(const std::string& folder, const ReadOptions& options = {});

  // The next entry; nullopt when there is none at the moment.
  std::optional<Entry> next();
  // Whether an entry at or after `until` has been met: there will be no more.
  bool past_until() const { return past_until_; }
  // Where to resume after the entries that next() has given.
  Position position() const;

 private:
  JournalReader(std::string folder, const ReadOptions& options)
      : folder_(std::move(folder)), options_(options) {}
  struct Line {  // being put together from its records
    bool begun = false;
    Time time{};
    std::string text;
    Position start;
  };
  struct Ready {
    Entry entry;
    Position start;
  };

  Status start();
  void start_at_tail(const std::vector<std::uint64_t>& bases);
  bool open_segment(std::uint64_t base, std::uint64_t at);
  bool next_segment();
  void take(const Record& record, std::uint64_t offset);
  void take_line(const Record& record, const Position& here);
  void missing(std::uint64_t lines, Time at, const Position& here, std::string_view why);
  void give(Line& line, Stream stream, bool partial);
  void give_unfinished();
  void give_what_waits_long(const Position& here);
  void queue(Entry entry, const Position& start);

  std::string folder_;
  ReadOptions options_;
  SegmentCursor cursor_;
  std::uint64_t base_ = 0;  // of the segment under the cursor
  std::uint64_t lines_ = 0;
  std::uint64_t first_line_ = 0;  // lines with a lower number are not shown (tail)
  bool lines_known_ = true;
  bool past_until_ = false;
  std::array<Line, 2> unfinished_;  // by stream
  std::deque<Ready> ready_;
};

// Tells when journals may have grown: one inotify descriptor for any number of folders.
class JournalWatch {
 public:
  static Result<JournalWatch> create();
  // kNotFound when the folder does not exist: make it (make_dirs) before following a container that
  // has yet to start.
  Status add(const std::string& folder);
  // Readable when something happened since the last drain().
  int fd() const { return fd_.get(); }
  // Call it before reading on, so that nothing is missed.
  void drain() const;

 private:
  explicit JournalWatch(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// The journals of one task as one, by time. Following, lines that come late are shown when they
// come.
class MergedReader {
 public:
  // `folders` as for JournalReader; the options (also tail) hold for each.
  static Result<MergedReader> open(const std::vector<std::string>& folders,
                                   const ReadOptions& options = {});

  struct Merged {
    std::size_t source = 0;  // index of its folder
    Entry entry;
  };
  // The oldest entry that is there now; nullopt when there is none at the moment.
  std::optional<Merged> next();
  // Readable when next() may have more; -1 without `follow`. Call next() until it has nothing; the
  // call after that drains it.
  int fd() const { return watch_ ? watch_->fd() : -1; }
  bool past_until() const;
  // As JournalReader::position, by source.
  Position position(std::size_t source) const;

 private:
  struct Source {
    JournalReader reader;
    std::optional<Entry> head;
    Position before;         // of the head
    bool exhausted = false;  // until the next look: looking costs a few system calls
  };
  std::vector<Source> sources_;
  std::optional<JournalWatch> watch_;
  bool idle_ = true;  // the last next() found nothing
};

}  // namespace drydock::logrouter
