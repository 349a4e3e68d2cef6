#include "cli/log_frames.h"

#include <algorithm>
#include <charconv>

namespace drydock::cli {
namespace {

constexpr std::size_t kHeaderLimit = 1024;
constexpr std::size_t kFlushAt = 1u << 20;

std::string_view word(std::string_view& text) {
  const auto space = text.find(' ');
  const std::string_view out = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return out;
}

}  // namespace

Status FrameDecoder::read_header() {
  std::string_view rest = header_;
  const std::string_view container = word(rest), stream = word(rest), time = word(rest),
                         count = word(rest);
  const auto [end, ec] = std::from_chars(count.data(), count.data() + count.size(), remaining_);
  if (container.empty() || (stream != "stdout" && stream != "stderr") || time.empty() ||
      count.empty() || !rest.empty() || ec != std::errc{} || end != count.data() + count.size())
    return fail(
        Errc::kInvalid,
        "the daemon sent logs in a form that this program does not know; are both of one version?");
  sink_.begin(container, stream == "stderr", time);
  header_.clear();
  state_ = remaining_ > 0 ? State::kBytes : State::kLineFeed;
  return {};
}

Status FrameDecoder::feed(std::string_view data) {
  while (!data.empty()) {
    if (state_ == State::kHeader) {
      const auto end = data.find('\n');
      header_ += data.substr(0, end);
      if (header_.size() > kHeaderLimit)
        return fail(Errc::kInvalid, "the daemon sent a log header that is too long");
      data.remove_prefix(end == std::string_view::npos ? data.size() : end + 1);
      if (end != std::string_view::npos) DRYDOCK_TRY(read_header());
    } else if (state_ == State::kBytes) {
      const auto part = data.substr(0, remaining_);
      sink_.bytes(part);
      remaining_ -= part.size();
      data.remove_prefix(part.size());
      if (remaining_ == 0) state_ = State::kLineFeed;
    } else {
      if (data.front() != '\n') return fail(Errc::kInvalid, "the daemon's log stream is damaged");
      data.remove_prefix(1);
      state_ = State::kHeader;
      sink_.end();
    }
  }
  return {};
}

LogPrinter::LogPrinter(Output& out, LogStyle style)
    : out_(out),
      style_(std::move(style)),
      decoder_({[this](std::string_view container, bool is_stderr, std::string_view time) {
                  if (style_.prefix) {
                    if (style_.colour) pending_ += is_stderr ? "\033[31m" : "\033[36m";
                    pending_ += style_.task;
                    pending_ += container;
                    pending_ += style_.colour ? " |\033[0m " : " | ";
                  }
                  if (style_.timestamps) (pending_ += time) += ' ';
                },
                [this](std::string_view bytes) { pending_ += bytes; },
                [this] {
                  pending_ += '\n';
                  complete_ = pending_.size();
                }}) {}

Result<bool> LogPrinter::feed(std::string_view data) {
  const auto ok = decoder_.feed(data);
  if (pending_.size() - complete_ > kFlushAt) complete_ = pending_.size();
  if (complete_ > 0) {
    const bool there = out_.write(std::string_view(pending_).substr(0, complete_));
    pending_.erase(0, complete_);
    complete_ = 0;
    if (!there) return false;
  }
  if (!ok) return tl::unexpected(ok.error());
  return true;
}

void LogPrinter::finish() {
  if (pending_.empty()) return;
  out_.line(pending_);
  pending_.clear();
  complete_ = 0;
}

}  // namespace drydock::cli
