#include "logrouter/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/files.h"
#include "base/limits.h"
#include "logrouter/checkpoint.h"

namespace drydock::logrouter {
namespace {

constexpr std::size_t kOut = 128u << 10;
constexpr std::size_t kTag = kLineHead - 2;  // position of F or P in a line record

// Whole lines among line records of our own making (no other kind is in the buffer).
std::uint64_t count_lines(std::string_view records) {
  std::uint64_t lines = 0;
  for (std::size_t at = 0; at < records.size(); ++at) {
    if (records[at + kTag] == 'F') ++lines;
    at = records.find('\n', at);
  }
  return lines;
}

}  // namespace

JournalWriter::JournalWriter(std::string folder, UniqueFd dir, const JournalOptions& options)
    : folder_(std::move(folder)),
      dir_(std::move(dir)),
      options_(options),
      out_(std::make_unique_for_overwrite<char[]>(kOut)),
      out_room_(kOut) {
  // At least two segments, or the cap would delete the lines just written.
  options_.segment_bytes = std::clamp<std::uint64_t>(
      options_.segment_bytes, 4096, std::max<std::uint64_t>(options_.total_bytes / 2, 4096));
}

Result<JournalWriter> JournalWriter::open(const std::string& folder,
                                          const JournalOptions& options) {
  if (auto made = make_dirs(folder);
      !made && made.error().sys != ENOSPC && made.error().sys != EDQUOT)
    return tl::unexpected(std::move(made.error()));
  UniqueFd dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // No space even for the folder: it is tried again with every batch.
  if (!dir && errno != ENOENT) return fail_errno("open the journal " + folder);
  JournalWriter writer(folder, std::move(dir), options);
  DRYDOCK_TRY(writer.reopen());
  return writer;
}

// Finds the end of what an earlier writer left.
Status JournalWriter::reopen() {
  auto bases = segments(folder_);
  while (!bases.empty()) {
    const std::string path = folder_ + "/" + segment_name(bases.back());
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
    if (!fd) return fail_errno("open " + path);
    SegmentCursor cursor(UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)), 0);
    std::array<bool, 2> unfinished{};
    bool any = false;
    while (auto r = cursor.next()) {
      any = true;
      if (r->kind == Record::Kind::kHeader) lines_ = r->lines;
      if (r->kind == Record::Kind::kGap) unfinished = {};
      if (r->kind != Record::Kind::kLine) continue;
      unfinished[static_cast<std::size_t>(r->stream)] = r->partial;
      if (!r->partial) ++lines_;
    }
    if (!any) {  // killed before its header was whole
      ::unlink(path.c_str());
      base_ = bases.back();
      bases.pop_back();
      continue;
    }
    struct stat st {};
    if (::fstat(fd.get(), &st) != 0) return fail_errno("stat " + path);
    if (static_cast<std::uint64_t>(st.st_size) > cursor.position()) {
      if (::ftruncate(fd.get(), static_cast<off_t>(cursor.position())) != 0)
        return fail_errno("cut the torn record off " + path);
      dropped_lines_ = 1;
      dropped_bytes_ = static_cast<std::uint64_t>(st.st_size) - cursor.position();
      gap_due_ = true;
    }
    gap_due_ = gap_due_ || unfinished[0] || unfinished[1];
    base_ = bases.back();
    size_ = cursor.position();
    segment_ = std::move(fd);
    bases.pop_back();
    break;
  }
  for (const std::uint64_t base : bases) {
    struct stat st {};
    if (::fstatat(dir_.get(), segment_name(base).c_str(), &st, 0) == 0)
      closed_.push_back({base, static_cast<std::uint64_t>(st.st_size)});
  }
  return {};
}

void JournalWriter::append(Stream stream, Time at, std::string_view bytes) {
  if (at != prefix_time_) {
    const std::string text = rfc3339_nano(at);
    std::memcpy(prefix_.data(), text.data(), kTimeSize);
    prefix_time_ = at;
  }
  std::memcpy(prefix_.data() + kTimeSize, stream == Stream::kStdout ? " stdout F " : " stderr F ",
              10);
  const std::string_view prefix(prefix_.data(), prefix_.size());
  std::string& held = held_[stream == Stream::kStdout ? 0 : 1];
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const bool whole = end < bytes.size();
    std::string_view text = bytes.substr(0, end);
    bytes.remove_prefix(whole ? end + 1 : end);
    // Cut by the line's own length, never by how it happened to arrive.
    while (held.size() + text.size() > limits::kLogLine) {
      const std::size_t take = limits::kLogLine - held.size();
      record(prefix, held, text.substr(0, take), 'P');
      held.clear();
      text.remove_prefix(take);
    }
    if (whole) {
      record(prefix, held, text, 'F');
      held.clear();
    } else {
      held.append(text);
    }
  }
}

void JournalWriter::finish(Stream stream, Time at) {
  if (!held_[stream == Stream::kStdout ? 0 : 1].empty()) append(stream, at, "\n");
}

void JournalWriter::record(std::string_view prefix, std::string_view head, std::string_view tail,
                           char tag) {
  const std::size_t size = prefix.size() + head.size() + tail.size() + 1;
  if (out_size_ + size > out_room_ && !stuck_) flush(prefix_time_);
  if (out_size_ + size > out_room_) resize_out(std::max(2 * out_room_, out_size_ + size));
  char* p = out_.get() + out_size_;
  std::memcpy(p, prefix.data(), prefix.size());
  p[kTag] = tag;
  p += prefix.size();
  if (!head.empty()) std::memcpy(p, head.data(), head.size());
  p += head.size();
  if (!tail.empty()) std::memcpy(p, tail.data(), tail.size());
  p[tail.size()] = '\n';
  out_size_ += size;
}

void JournalWriter::flush(Time at) {
  if (out_size_ == 0 && !gap_due_) return;
  const std::string_view data(out_.get(), std::exchange(out_size_, 0));
  if (segment_ && size_ + data.size() > options_.segment_bytes) close_segment(0);
  if (!segment_ && !begin_segment(at)) return not_stored(data);
  if (gap_due_) {
    const std::string gap = gap_record(at, dropped_lines_, dropped_bytes_);
    if (write_out(gap, false) < gap.size()) return not_stored(data);
    dropped_lines_ = dropped_bytes_ = 0;
    gap_due_ = false;
  }
  const std::size_t stored = write_out(data, true);
  if (stored < data.size()) return not_stored(data.substr(stored));
  stuck_ = false;
  if (out_room_ > kOut) resize_out(kOut);
}

// Records that the disk would not take, at the end of out_.
void JournalWriter::not_stored(std::string_view records) {
  if (waits()) {
    std::memmove(out_.get(), records.data(), records.size());
    out_size_ = records.size();
    stuck_ = out_size_ > 0;
    return;
  }
  stuck_ = false;
  if (records.empty()) return;
  dropped_lines_ += count_lines(records);
  dropped_bytes_ += records.size();
  gap_due_ = true;
}

void JournalWriter::resize_out(std::size_t room) {
  auto larger = std::make_unique_for_overwrite<char[]>(room);
  if (out_size_ > 0) std::memcpy(larger.get(), out_.get(), out_size_);
  out_ = std::move(larger);
  out_room_ = room;
}

bool JournalWriter::full() const {
  if (!waits()) return false;
  if (stuck_) return true;
  std::uint64_t total = options_.segment_bytes + size_;
  for (const Closed& c : closed_) total += c.size;
  return total > options_.total_bytes && !closed_.empty() && !oldest_is_delivered();
}

void JournalWriter::close_segment(std::uint64_t torn) {
  closed_.push_back({base_, size_ + torn});
  base_ += size_ + torn;
  size_ = 0;
  segment_.reset();
}

bool JournalWriter::begin_segment(Time at) {
  if (!dir_) {
    if (!make_dirs(folder_)) return false;
    dir_.reset(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!dir_) return false;
  }
  const std::string name = segment_name(base_);
  segment_.reset(
      ::openat(dir_.get(), name.c_str(), O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!segment_) return false;
  const std::string header = header_record(at, lines_);
  if (write_out(header, false) < header.size()) {
    segment_.reset();
    ::unlinkat(dir_.get(), name.c_str(), 0);
    size_ = 0;
    return false;
  }
  keep_total();
  return true;
}

// Writes whole records; on a lack of space it ends after the last whole one. Gives back how many
// bytes of `data` are in the journal.
std::size_t JournalWriter::write_out(std::string_view data, bool are_lines) {
  std::size_t stored = 0;
  while (stored < data.size()) {
    const std::string_view rest = data.substr(stored);
    std::size_t done = 0;
    bool no_space = false;
    while (done < rest.size()) {
      const ssize_t n = ::write(segment_.get(), rest.data() + done, rest.size() - done);
      if (n < 0 && errno == EINTR) continue;
      no_space = n < 0 && (errno == ENOSPC || errno == EDQUOT);
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    std::size_t whole = done;
    if (done < rest.size()) {
      const std::size_t end = rest.substr(0, done).rfind('\n');
      whole = end == std::string_view::npos ? 0 : end + 1;
    }
    size_ += whole;
    stored += whole;
    if (are_lines) lines_ += count_lines(rest.substr(0, whole));
    if (done == rest.size()) break;
    const bool cut = whole == done || ::ftruncate(segment_.get(), static_cast<off_t>(size_)) == 0;
    if (!cut) close_segment(done - whole);  // nothing may follow a torn record in the same segment
    if (!cut || !no_space || closed_.empty() || (waits() && !oldest_is_delivered())) break;
    delete_oldest();
  }
  return stored;
}

bool JournalWriter::oldest_is_delivered() const {
  if (options_.checkpoint.empty()) return true;
  const auto delivered = Checkpoint::read(options_.checkpoint);
  return delivered && delivered->offset >= closed_.front().base + closed_.front().size;
}

void JournalWriter::delete_oldest() {
  ::unlinkat(dir_.get(), segment_name(closed_.front().base).c_str(), 0);
  closed_.pop_front();
}

void JournalWriter::keep_total() {
  std::uint64_t total = options_.segment_bytes;
  for (const Closed& c : closed_) total += c.size;
  while (total > options_.total_bytes && !closed_.empty() && oldest_is_delivered()) {
    total -= closed_.front().size;
    delete_oldest();
  }
}

}  // namespace drydock::logrouter
