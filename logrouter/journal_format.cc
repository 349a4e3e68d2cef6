#include "logrouter/journal_format.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "base/files.h"

namespace drydock::logrouter {
namespace {

constexpr std::size_t kRead = 64u << 10;

std::uint64_t number(std::string_view text) {
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

int digits(std::string_view text, std::size_t at, std::size_t count) {
  int n = 0;
  for (std::size_t i = at; i < at + count; ++i) n = n * 10 + (text[i] - '0');
  return n;
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t n = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) n = (n << 8) | static_cast<unsigned char>(bytes[i]);
  return n;
}

void append_little_endian(std::string& out, std::uint64_t n, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((n >> (8 * i)) & 0xff);
}

std::optional<Record> parse_event(std::string_view data) {
  if (data.size() < kEventHead) return std::nullopt;
  const std::uint64_t length = little_endian(data.substr(2, 4));
  Record r;
  if (length > kLongestEvent) {
    r.size = 1;  // damage: look for the next record from here
    return r;
  }
  r.size = kEventHead + length + 1;
  if (data.size() < r.size) return std::nullopt;
  if (data[r.size - 1] != '\n') {
    r.size = 1;
    return r;
  }
  if (data[1] != kEventKind || length < kEventTimes) return r;
  const std::string_view body = data.substr(kEventHead, length);
  r.kind = Record::Kind::kEvent;
  r.event_ms = static_cast<std::int64_t>(little_endian(body.substr(0, 8)));
  r.ingestion_ms = static_cast<std::int64_t>(little_endian(body.substr(8, 8)));
  r.text = body.substr(kEventTimes);
  return r;
}

// `line` is one record without its '\n'.
void parse_line(std::string_view line, Record& r) {
  if (line.size() < kTimeSize + 1 || line[kTimeSize] != ' ' || line[kTimeSize - 1] != 'Z') return;
  r.time = line.substr(0, kTimeSize);
  const std::string_view rest = line.substr(kTimeSize + 1);
  const std::size_t word = rest.find(' ');
  if (word == std::string_view::npos || rest.size() < word + 3 || rest[word + 2] != ' ') return;
  const char tag = rest[word + 1];
  if (tag != 'F' && tag != 'P') return;
  const std::string_view name = rest.substr(0, word);
  const std::string_view text = rest.substr(word + 3);
  r.partial = tag == 'P';
  if (name == "stdout" || name == "stderr") {
    r.kind = Record::Kind::kLine;
    r.stream = name == "stdout" ? Stream::kStdout : Stream::kStderr;
    r.text = text;
  } else if (name == "gap") {
    r.kind = Record::Kind::kGap;
    r.stream = Stream::kGap;
    r.lines = number(text);
    r.bytes = number(text.substr(std::min(text.find(' ') + 1, text.size())));
  } else if (name == "segment") {
    r.kind = Record::Kind::kHeader;
    r.lines = number(text);
  }
}

}  // namespace

std::optional<Record> parse_record(std::string_view data) {
  if (data.empty()) return std::nullopt;
  if (data[0] == kEventMark) return parse_event(data);
  const std::size_t end = data.substr(0, kLongestLineRecord).find('\n');
  Record r;
  if (end == std::string_view::npos) {
    if (data.size() < kLongestLineRecord) return std::nullopt;
    r.size = kLongestLineRecord;  // damage
    return r;
  }
  r.size = end + 1;
  parse_line(data.substr(0, end), r);
  return r;
}

Time record_time(std::string_view t) {
  using namespace std::chrono;
  if (t.size() != kTimeSize) return {};
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000000000Z";
  for (std::size_t i = 0; i < kTimeSize; ++i) {
    const bool digit = t[i] >= '0' && t[i] <= '9';
    if (kShape[i] == '0' ? !digit : t[i] != kShape[i]) return {};
  }
  const year_month_day day{year{digits(t, 0, 4)}, month{static_cast<unsigned>(digits(t, 5, 2))},
                           std::chrono::day{static_cast<unsigned>(digits(t, 8, 2))}};
  if (!day.ok()) return {};
  return Time{sys_days{day}} + hours{digits(t, 11, 2)} + minutes{digits(t, 14, 2)} +
         seconds{digits(t, 17, 2)} + nanoseconds{digits(t, 20, 9)};
}

std::string gap_record(Time at, std::uint64_t lines, std::uint64_t bytes) {
  return rfc3339_nano(at) + " gap F " + std::to_string(lines) + " " + std::to_string(bytes) + "\n";
}

std::string header_record(Time at, std::uint64_t lines) {
  return rfc3339_nano(at) + " segment F " + std::to_string(lines) + "\n";
}

void append_event(std::string& out, std::int64_t event_ms, std::int64_t ingestion_ms,
                  std::string_view text) {
  out += kEventMark;
  out += kEventKind;
  append_little_endian(out, kEventTimes + text.size(), 4);
  append_little_endian(out, static_cast<std::uint64_t>(event_ms), 8);
  append_little_endian(out, static_cast<std::uint64_t>(ingestion_ms), 8);
  out += text;
  out += '\n';
}

std::string segment_name(std::uint64_t base) {
  char name[32];
  std::snprintf(name, sizeof name, "%020llu.log", static_cast<unsigned long long>(base));
  return name;
}

std::vector<std::uint64_t> segments(const std::string& folder) {
  std::vector<std::uint64_t> bases;
  for (const auto& name : list_dir(folder)) {
    if (name.size() != 24 || !name.ends_with(".log")) continue;
    std::uint64_t base = 0;
    auto [end, ec] = std::from_chars(name.data(), name.data() + 20, base);
    if (ec == std::errc{} && end == name.data() + 20) bases.push_back(base);
  }
  return bases;  // list_dir sorts, and all names have the same length
}

bool SegmentCursor::fill() {
  if (begin_ > 0 && begin_ < end_)
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (buffer_.size() - end_ < kRead) buffer_.resize(end_ + kRead);
  for (;;) {
    const ssize_t n = ::pread(fd_.get(), buffer_.data() + end_, buffer_.size() - end_,
                              static_cast<off_t>(at_ + end_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    end_ += static_cast<std::size_t>(n);
    return true;
  }
}

std::optional<Record> SegmentCursor::next() {
  if (!fd_) return std::nullopt;
  for (;;) {
    if (auto r = parse_record({buffer_.data() + begin_, end_ - begin_})) {
      begin_ += r->size;
      at_ += r->size;
      return r;
    }
    if (fill()) continue;
    begin_ = end_ = 0;
    return std::nullopt;
  }
}

}  // namespace drydock::logrouter
