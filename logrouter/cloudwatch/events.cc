#include "logrouter/cloudwatch/events.h"

#include <algorithm>

#include "logrouter/event_scan.h"

namespace drydock::logrouter {
namespace {

constexpr std::size_t kMostEvents = 10000;
constexpr std::size_t kMostBytes = 1u << 20;
constexpr std::size_t kOverhead = 26;
constexpr std::int64_t kMostSpanMs = 24LL * 60 * 60 * 1000;

std::int64_t milliseconds(Time t) {
  return std::chrono::floor<std::chrono::milliseconds>(t).time_since_epoch().count();
}

class Gatherer {
 public:
  explicit Gatherer(const LineStart* starts) : starts_(starts) {}

  // `entries`: how many of the batch are gone after this one.
  void line(std::string_view text, std::int64_t ms, std::size_t entries) {
    for (; text.size() > kEventBytes; text.remove_prefix(kEventBytes))
      piece(text.substr(0, kEventBytes), ms, entries - 1);
    piece(text, ms, entries);
  }
  void gap() { flush(); }
  OutEvents take(std::size_t entries, bool whole) {
    if (!begun_ || whole) {
      flush();
      out_.entries = entries;
    } else {
      out_.entries = before_;
    }
    return std::move(out_);
  }

 private:
  void piece(std::string_view text, std::int64_t ms, std::size_t entries) {
    const std::size_t sent = sent_bytes(text);
    if (begun_ && (!starts_ || sent_ + sent > kEventBytes || ms - ms_ >= kGatherMs ||
                   starts_->begins_event(text)))
      flush();
    if (!begun_) {
      begun_ = true;
      ms_ = ms;
      sent_ = 0;
      before_ = entries_;
    }
    text_ += text;
    sent_ += sent;
    entries_ = entries;
    if (!starts_) return flush();
    if (sent >= kEventBytes) return;
    text_ += '\n';
    ++sent_;
  }

  void flush() {
    begun_ = false;
    for (std::string_view rest = text_; !rest.empty();) {
      const std::size_t size = fitting(rest);
      const bool last = size == rest.size();
      out_.events.push_back({ms_, std::string(rest.substr(0, size)), last ? entries_ : before_});
      rest.remove_prefix(size);
    }
    text_.clear();
  }

  const LineStart* starts_;
  OutEvents out_;
  std::string text_;
  std::int64_t ms_ = 0;
  std::size_t sent_ = 0;
  std::size_t entries_ = 0;  // with the event that is gathered
  std::size_t before_ = 0;   // without it
  bool begun_ = false;
};

}  // namespace

OutEvents events_of(const Batch& batch, const LineStart* starts, bool whole) {
  Gatherer gatherer(starts);
  std::size_t n = 0;
  for (const Entry& entry : batch.entries) {
    ++n;
    if (entry.stream == Stream::kGap)
      gatherer.gap();
    else
      gatherer.line(entry.text, milliseconds(entry.time), n);
  }
  return gatherer.take(n, whole);
}

std::size_t request_size(const std::vector<OutEvent>& events, std::size_t begin) {
  std::size_t bytes = 0, end = begin;
  std::int64_t first = 0, last = 0;
  for (; end < events.size() && end - begin < kMostEvents; ++end) {
    const OutEvent& e = events[end];
    bytes += sent_bytes(e.text) + kOverhead;
    first = end == begin ? e.time_ms : std::min(first, e.time_ms);
    last = end == begin ? e.time_ms : std::max(last, e.time_ms);
    if (end > begin && (bytes > kMostBytes || last - first >= kMostSpanMs)) break;
  }
  return end - begin;
}

}  // namespace drydock::logrouter
