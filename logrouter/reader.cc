#include "logrouter/reader.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

namespace drydock::logrouter {
namespace {

UniqueFd open_file(const std::string& folder, std::uint64_t base) {
  return UniqueFd(::open((folder + "/" + segment_name(base)).c_str(), O_RDONLY | O_CLOEXEC));
}

struct TailLine {
  Position start;
  std::uint64_t number = 0;  // of lines that were whole before it
};
struct TailScan {               // of one segment: where its newest lines begin
  std::deque<TailLine> newest;  // the last lines, at most as many as wanted
  std::uint64_t end_lines = 0;  // number after the last of them
};

TailScan scan_tail(const std::string& folder, std::uint64_t base, std::size_t wanted,
                   const ReadOptions& options) {
  SegmentCursor cursor(open_file(folder, base), 0);
  TailScan scan;
  std::uint64_t lines = 0;
  std::array<std::optional<Position>, 2> begun;
  for (;;) {
    const Position here{base + cursor.position(), lines};
    const auto r = cursor.next();
    if (!r) break;
    if (r->kind == Record::Kind::kHeader) lines = r->lines;
    if (r->kind == Record::Kind::kGap) begun = {};
    if (r->kind != Record::Kind::kLine) continue;
    if (options.until && record_time(r->time) >= *options.until) break;
    auto& start = begun[static_cast<std::size_t>(r->stream)];
    if (!start) start = here;
    if (r->partial) continue;
    if (!options.tail_of || *options.tail_of == r->stream) scan.newest.push_back({*start, lines});
    if (scan.newest.size() > wanted) scan.newest.pop_front();
    ++lines;
    start.reset();
  }
  scan.end_lines = lines;
  return scan;
}

}  // namespace

Result<JournalReader> JournalReader::open(const std::string& folder, const ReadOptions& options) {
  JournalReader reader(folder, options);
  DRYDOCK_TRY(reader.start());
  return reader;
}

Status JournalReader::start() {
  const auto bases = segments(folder_);
  if (options_.from) {
    const Position from = *options_.from;
    base_ = from.offset;
    lines_ = from.lines;
    const auto after = std::upper_bound(bases.begin(), bases.end(), from.offset);
    if (after == bases.begin())
      return {};  // its segment is gone, or there is none yet: next() finds the oldest
    const std::uint64_t base = *std::prev(after);
    UniqueFd fd = open_file(folder_, base);
    const off_t size = fd ? ::lseek(fd.get(), 0, SEEK_END) : 0;
    if (size < 0 || from.offset - base > static_cast<std::uint64_t>(size))
      return fail(Errc::kInvalid, "position " + std::to_string(from.offset) +
                                      " lies beyond the end of the journal " + folder_ +
                                      ": it belongs to another journal");
    open_segment(base, from.offset - base);
    return {};
  }
  if (bases.empty()) return {};
  if (options_.tail) {
    start_at_tail(bases);
    return {};
  }
  if (options_.since) {
    // The last segment that begins before `since` holds the first line to show.
    std::size_t at = bases.size() - 1;
    for (; at > 0; --at) {
      SegmentCursor probe(open_file(folder_, bases[at]), 0);
      const auto first = probe.next();
      if (first && record_time(first->time) < *options_.since) break;
    }
    lines_known_ = at == 0;
    open_segment(bases[at], 0);
  }
  return {};
}

void JournalReader::start_at_tail(const std::vector<std::uint64_t>& bases) {
  std::size_t found = 0;
  for (std::size_t i = bases.size(); i-- > 0;) {
    const TailScan scan = scan_tail(folder_, bases[i], *options_.tail - found, options_);
    if (!scan.newest.empty()) first_line_ = scan.newest.front().number;
    found += scan.newest.size();
    if (found < *options_.tail && i > 0) continue;
    Position begin{bases[i], 0};
    if (*options_.tail == 0) {
      // Only what comes: after the newest record.
      SegmentCursor cursor(open_file(folder_, bases[i]), 0);
      while (cursor.next()) continue;
      begin = {bases[i] + cursor.position(), scan.end_lines};
      first_line_ = scan.end_lines;
    } else if (found >= *options_.tail) {
      begin = std::min_element(scan.newest.begin(), scan.newest.end(),
                               [](const TailLine& a, const TailLine& b) {
                                 return a.start.offset < b.start.offset;
                               })
                  ->start;
    }
    lines_ = begin.lines;
    lines_known_ = begin.offset != bases[i];
    open_segment(bases[i], begin.offset - bases[i]);
    return;
  }
}

bool JournalReader::open_segment(std::uint64_t base, std::uint64_t at) {
  UniqueFd fd = open_file(folder_, base);
  if (!fd) return false;
  cursor_ = SegmentCursor(std::move(fd), at);
  base_ = base;
  return true;
}

// Moves to the segment after the one that is read to its end.
bool JournalReader::next_segment() {
  const auto bases = segments(folder_);
  const auto after = cursor_ ? std::upper_bound(bases.begin(), bases.end(), base_) : bases.begin();
  for (auto it = after; it != bases.end(); ++it) {
    if (!cursor_) {
      if (open_segment(*it, 0)) return true;
      continue;
    }
    // The writer may have appended before it began the next segment.
    const std::uint64_t offset = base_ + cursor_.position();
    if (const auto r = cursor_.next()) {
      take(*r, offset);
      return true;
    }
    if (open_segment(*it, 0)) return true;  // a failure: deleted since the listing
  }
  return false;
}

std::optional<Entry> JournalReader::next() {
  while (ready_.empty() && !past_until_) {
    const std::uint64_t offset = base_ + cursor_.position();
    if (const auto r = cursor_.next()) {
      take(*r, offset);
      continue;
    }
    if (next_segment()) continue;
    if (!options_.follow) give_unfinished();
    if (ready_.empty()) return std::nullopt;
  }
  if (ready_.empty()) return std::nullopt;
  Entry entry = std::move(ready_.front().entry);
  ready_.pop_front();
  return entry;
}

void JournalReader::take(const Record& r, std::uint64_t offset) {
  const Position here{offset, lines_};
  switch (r.kind) {
    case Record::Kind::kHeader:
      if (lines_known_ && r.lines > lines_) {
        give_unfinished();
        missing(r.lines - lines_, record_time(r.time), here, "the journal reached its size limit");
      }
      lines_ = r.lines;
      lines_known_ = true;
      break;
    case Record::Kind::kGap:
      give_unfinished();
      if (r.lines > 0)
        missing(r.lines, record_time(r.time), here, "there was no space to store them");
      break;
    case Record::Kind::kLine:
      take_line(r, here);
      give_what_waits_long(here);
      break;
    case Record::Kind::kEvent:  // belongs to journals of events only
    case Record::Kind::kOther:
      break;
  }
}

void JournalReader::take_line(const Record& r, const Position& here) {
  Line& line = unfinished_[static_cast<std::size_t>(r.stream)];
  if (!line.begun) {
    line.begun = true;
    line.time = record_time(r.time);
    line.start = here;
  }
  line.text.append(r.text);
  if (!r.partial) {
    give(line, r.stream, false);
    ++lines_;
  } else if (line.text.size() >= kLongestEntry) {
    give(line, r.stream, true);
  }
}

// A line whose end does not come must not keep position() back for ever while the other stream
// goes on.
void JournalReader::give_what_waits_long(const Position& here) {
  for (const Stream stream : {Stream::kStdout, Stream::kStderr})
    if (Line& line = unfinished_[static_cast<std::size_t>(stream)];
        line.begun && here.offset - line.start.offset > kLongestEntry)
      give(line, stream, true);
}

void JournalReader::missing(std::uint64_t lines, Time at, const Position& here,
                            std::string_view why) {
  Entry gap;
  gap.time = at;
  gap.stream = Stream::kGap;
  gap.text = std::to_string(lines) + (lines == 1 ? " line is" : " lines are") +
             " missing here: " + std::string(why);
  gap.offset = here.offset;
  gap.dropped = lines;
  queue(std::move(gap), here);
}

void JournalReader::give(Line& line, Stream stream, bool partial) {
  Entry entry;
  entry.time = line.time;
  entry.stream = stream;
  entry.text = std::exchange(line.text, {});
  entry.offset = line.start.offset;
  entry.partial = partial;
  line.begun = false;
  if (lines_ >= first_line_) queue(std::move(entry), line.start);
}

// What will never be finished is shown as it is.
void JournalReader::give_unfinished() {
  for (const Stream stream : {Stream::kStdout, Stream::kStderr})
    if (Line& line = unfinished_[static_cast<std::size_t>(stream)]; line.begun)
      give(line, stream, true);
}

void JournalReader::queue(Entry entry, const Position& start) {
  if (options_.until && entry.time >= *options_.until) past_until_ = true;
  if (past_until_ || (options_.since && entry.time < *options_.since)) return;
  ready_.push_back({std::move(entry), start});
}

Position JournalReader::position() const {
  Position p{base_ + cursor_.position(), lines_};
  auto earlier = [&p](const Position& other) {
    if (other.offset < p.offset) p = other;
  };
  for (const Line& line : unfinished_)
    if (line.begun) earlier(line.start);
  for (const Ready& r : ready_) earlier(r.start);
  return p;
}

}  // namespace drydock::logrouter
