#include "logrouter/firelens/forward.h"

#include "base/ids.h"
#include "base/limits.h"
#include "logrouter/firelens/message_pack.h"

namespace drydock::logrouter {
namespace {

constexpr std::uint32_t kWhole = 4;    // members of a record
constexpr std::uint32_t kPartial = 8;  // of a piece of a split line

std::string members(const LogSource& source, std::string_view stream) {
  std::string out;
  msgpack::str(out, "container_id");
  msgpack::str(out, source.runtime_id);
  msgpack::str(out, "container_name");
  msgpack::str(out, source.container);
  msgpack::str(out, "source");
  msgpack::str(out, stream);
  msgpack::str(out, "log");
  return out;
}

}  // namespace

ForwardEncoder::ForwardEncoder(const LogSource& source)
    : tag_(source.container + "-firelens-" + source.task_id),
      name_(source.runtime_id),
      begin_{members(source, "stdout"), members(source, "stderr")} {}

std::string ForwardEncoder::message(const Batch& batch, const std::string& chunk) {
  entries_.clear();
  count_ = 0;
  for (const Entry& e : batch.entries)
    if (e.stream != Stream::kGap) entry(e);
  if (count_ == 0) return {};
  std::string out;
  out.reserve(entries_.size() + tag_.size() + 96);
  msgpack::array(out, 3);
  msgpack::str(out, tag_);
  msgpack::bin(out, entries_);
  msgpack::map(out, chunk.empty() ? 1 : 2);
  msgpack::str(out, "size");
  msgpack::number(out, count_);
  if (!chunk.empty()) {
    msgpack::str(out, "chunk");
    msgpack::str(out, chunk);
  }
  if (entries_.capacity() > (1u << 20)) entries_ = {};
  return out;
}

void ForwardEncoder::entry(const Entry& e) {
  Unfinished& line = unfinished_[static_cast<std::size_t>(e.stream)];
  if (line.id.empty() && !e.partial && e.text.size() <= limits::kLogLine)
    return record(e, e.text, true);
  if (line.id.empty()) {
    // The same each time the line is sent.
    line.id = sha256_hex(name_ + (e.stream == Stream::kStdout ? "/stdout/" : "/stderr/") +
                         std::to_string(e.offset));
    line.ordinal = 0;
    line.time = e.time;
  }
  std::string_view rest = e.text;
  do {
    const std::string_view piece = rest.substr(0, limits::kLogLine);
    rest.remove_prefix(piece.size());
    record(e, piece, rest.empty() && !e.partial);
  } while (!rest.empty());
  if (!e.partial) line = {};
}

void ForwardEncoder::record(const Entry& e, std::string_view piece, bool last) {
  Unfinished& line = unfinished_[static_cast<std::size_t>(e.stream)];
  const bool whole = line.id.empty();
  msgpack::array(entries_, 2);
  msgpack::event_time(entries_, whole ? e.time : line.time);
  msgpack::map(entries_, whole ? kWhole : kPartial);
  entries_ += begin_[static_cast<std::size_t>(e.stream)];
  msgpack::str(entries_, piece);
  ++count_;
  if (whole) return;
  msgpack::str(entries_, "partial_message");
  msgpack::str(entries_, "true");
  msgpack::str(entries_, "partial_id");
  msgpack::str(entries_, line.id);
  msgpack::str(entries_, "partial_ordinal");
  msgpack::str(entries_, std::to_string(++line.ordinal));
  msgpack::str(entries_, "partial_last");
  msgpack::str(entries_, last ? "true" : "false");
}

}  // namespace drydock::logrouter
