#include "logrouter/event_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

namespace drydock::logrouter {

// Finds the end of what an earlier writer left, whole records only.
Status EventWriter::open() {
  DRYDOCK_TRY(make_dirs(folder_));
  const auto bases = segments(folder_);
  if (!bases.empty()) {
    base_ = bases.back();
    const std::string path = folder_ + "/" + segment_name(base_);
    segment_.reset(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
    if (!segment_) return fail_errno("open " + path);
    SegmentCursor cursor(UniqueFd(::fcntl(segment_.get(), F_DUPFD_CLOEXEC, 3)), 0);
    while (cursor.next()) continue;
    size_ = cursor.position();
    if (::ftruncate(segment_.get(), static_cast<off_t>(size_)) != 0)
      return fail_errno("cut the torn record off " + path);
  }
  opened_ = true;
  return {};
}

Status EventWriter::begin_segment() {
  base_ += size_;
  size_ = 0;
  const std::string path = folder_ + "/" + segment_name(base_);
  segment_.reset(
      ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!segment_) return fail_errno("make " + path);
  keep_total();
  return {};
}

void EventWriter::keep_total() const {
  auto bases = segments(folder_);
  if (bases.empty()) return;
  // A segment ends where the next begins; the one just begun may grow to a whole one.
  const std::uint64_t end = bases.back() + options_.segment_bytes;
  for (std::size_t i = 0; i + 1 < bases.size() && end - bases[i] > options_.total_bytes; ++i)
    ::unlink((folder_ + "/" + segment_name(bases[i])).c_str());
}

Status EventWriter::append(const std::vector<NewEvent>& events, std::int64_t ingestion_ms) {
  std::string data;
  for (const NewEvent& e : events) append_event(data, e.time_ms, ingestion_ms, e.text);
  std::lock_guard lock(mutex_);
  if (!opened_) DRYDOCK_TRY(open());
  if (!segment_ || (size_ > 0 && size_ + data.size() > options_.segment_bytes))
    DRYDOCK_TRY(begin_segment());
  if (auto written = write_all(segment_.get(), data); !written) {
    if (::ftruncate(segment_.get(), static_cast<off_t>(size_)) != 0) {
      // Nothing may follow a torn record: the next append looks where the whole ones end.
      segment_.reset();
      opened_ = false;
    }
    return tl::unexpected(std::move(written.error()).in("write to the log " + folder_));
  }
  size_ += data.size();
  return {};
}

}  // namespace drydock::logrouter
