#include "logrouter/event_scan.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

namespace drydock::logrouter {
namespace {

constexpr std::size_t kReplacement = 3;  // U+FFFD in UTF-8

// The length of the UTF-8 sequence at the start of `text`; 0 when there is none.
std::size_t sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f))
    return 0;
  return size;
}

std::int64_t milliseconds(Time t) {
  return std::chrono::floor<std::chrono::milliseconds>(t).time_since_epoch().count();
}

}  // namespace

std::size_t sent_bytes(std::string_view text) {
  std::size_t sent = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = sequence(text.substr(at, 4));
    sent += size ? size : kReplacement;
    at += size ? size : 1;
  }
  return sent;
}

std::size_t fitting(std::string_view text) {
  if (text.size() * kReplacement <= kEventBytes) return text.size();
  std::size_t at = 0;
  for (std::size_t sent = 0; at < text.size();) {
    const std::size_t size = sequence(text.substr(at, 4));
    sent += size ? size : kReplacement;
    if (sent > kEventBytes) break;
    at += size ? size : 1;
  }
  return at;
}

EventScanner::EventScanner(std::string folder, std::shared_ptr<const LineStart> starts,
                           std::uint64_t from, std::uint64_t until)
    : folder_(std::move(folder)), starts_(std::move(starts)), from_(from), until_(until) {}

// Opens the segment that holds `from_`, or the one after the one under the cursor.
bool EventScanner::next_segment() {
  const auto bases = segments(folder_);
  auto it = std::upper_bound(bases.begin(), bases.end(), cursor_ ? base_ : from_);
  if (!cursor_ && it != bases.begin()) --it;
  for (; it != bases.end() && *it < until_; ++it) {
    UniqueFd fd(::open((folder_ + "/" + segment_name(*it)).c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) continue;  // deleted since the listing
    base_ = *it;
    cursor_ = SegmentCursor(std::move(fd), from_ > base_ ? from_ - base_ : 0);
    return true;
  }
  return false;
}

std::optional<LogEvent> EventScanner::next() {
  while (ready_.empty()) {
    const std::uint64_t offset = base_ + cursor_.position();
    if (cursor_ && offset >= until_) return std::nullopt;
    if (const auto record = cursor_.next()) {
      take(*record, offset);
    } else if (!next_segment()) {
      return std::nullopt;
    }
  }
  LogEvent event = std::move(ready_.front());
  ready_.pop_front();
  return event;
}

void EventScanner::finish(std::int64_t older_than_ms) {
  if (older_than_ms == std::numeric_limits<std::int64_t>::max())
    for (Line& line : lines_)
      if (line.begun) end_line(line);
  if (group_.begun && group_.ms <= older_than_ms) flush();
}

void EventScanner::take(const Record& record, std::uint64_t offset) {
  switch (record.kind) {
    case Record::Kind::kLine:
      return take_line(record, offset);
    case Record::Kind::kEvent:
      return take_event(record, offset);
    case Record::Kind::kGap:  // what is missing here cannot be joined to what comes
      for (Line& line : lines_)
        if (line.begun) end_line(line);
      return;
    case Record::Kind::kHeader:
    case Record::Kind::kOther:
      return;
  }
}

void EventScanner::take_line(const Record& record, std::uint64_t offset) {
  Line& line = lines_[static_cast<std::size_t>(record.stream)];
  if (!line.begun) {
    const bool clean = !record.partial && nothing_unfinished();
    line = {true, clean, offset, milliseconds(record_time(record.time)), {}};
  }
  std::string_view text = record.text;
  // The driver's buffer is this long: a longer line is several.
  while (line.text.size() + text.size() > kEventBytes) {
    const std::size_t take = kEventBytes - line.text.size();
    line.text.append(text.substr(0, take));
    text.remove_prefix(take);
    const std::int64_t ms = line.ms;
    end_line(line);
    line = {true, false, offset, ms, {}};
  }
  line.text.append(text);
  if (!record.partial) end_line(line);
}

void EventScanner::take_event(const Record& record, std::uint64_t offset) {
  LogEvent e;
  e.time_ms = record.event_ms;
  e.ingestion_ms = record.ingestion_ms;
  e.text = record.text;
  e.offset = offset;
  e.clean = nothing_unfinished() && !group_.begun;
  ready_.push_back(std::move(e));
}

void EventScanner::end_line(Line& line) {
  line.begun = false;
  if (starts_)
    gather(line);
  else
    emit(line);
  line.text.clear();
}

void EventScanner::gather(Line& line) {
  const std::size_t sent = sent_bytes(line.text);
  if (group_.begun && (group_.sent + sent > kEventBytes || line.ms - group_.ms >= kGatherMs ||
                       starts_->begins_event(line.text)))
    flush();
  if (!group_.begun) {
    static_cast<Line&>(group_) = {true, line.clean, line.offset, line.ms, {}};
    group_.sent = 0;
  }
  group_.text += line.text;
  group_.sent += sent;
  if (sent >= kEventBytes) return;
  group_.text += '\n';
  ++group_.sent;
}

void EventScanner::flush() {
  group_.begun = false;
  emit(group_);
  group_.text.clear();
}

void EventScanner::emit(const Line& line) {
  std::string_view rest = line.text;
  for (std::uint32_t part = 0; !rest.empty(); ++part) {
    const std::size_t size = fitting(rest);
    LogEvent e;
    e.time_ms = e.ingestion_ms = line.ms;
    e.text = rest.substr(0, size);
    e.offset = line.offset;
    e.part = part;
    e.clean = line.clean && part == 0;
    ready_.push_back(std::move(e));
    rest.remove_prefix(size);
  }
}

}  // namespace drydock::logrouter
