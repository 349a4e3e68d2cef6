#include "api/upstream/aws_chunked.h"

#include <algorithm>
#include <charconv>

namespace drydock::api {
namespace {

constexpr std::size_t kLongestLine = 1024;  // a signature is 64 digits, a checksum some 90
constexpr std::size_t kMostTrailers = 32;

}  // namespace

Status AwsChunked::bad(const std::string& why) {
  state_ = State::kBad;
  return fail(Errc::kInvalid, "a body in aws-chunked " + why);
}

Status AwsChunked::line(std::string_view text) {
  if (state_ == State::kDataEnd) {
    if (!text.empty()) return bad("has a chunk that is longer than it says");
    state_ = State::kSize;
    return {};
  }
  if (state_ == State::kTrailer) {
    if (text.empty())
      state_ = State::kDone;
    else if (++trailers_ > kMostTrailers)
      return bad("has too many trailers");
    return {};
  }
  const std::string_view digits = text.substr(0, text.find(';'));
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
  if (digits.empty() || ec != std::errc{} || end != digits.data() + digits.size())
    return bad("has a chunk without a size");
  state_ = left_ == 0 ? State::kTrailer : State::kData;
  return {};
}

Status AwsChunked::feed(std::string_view wire, std::string& out) {
  while (!wire.empty()) {
    if (state_ == State::kBad) return bad("is malformed");
    if (state_ == State::kDone) return bad("goes on after its end");
    if (state_ == State::kData) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, wire.size()));
      out.append(wire.substr(0, size));
      wire.remove_prefix(size);
      left_ -= size;
      if (left_ == 0) state_ = State::kDataEnd;
      continue;
    }
    const auto feed_end = wire.find('\n');
    line_.append(wire.substr(0, feed_end));
    if (line_.size() > kLongestLine) return bad("has a line that is too long");
    if (feed_end == wire.npos) return {};
    wire.remove_prefix(feed_end + 1);
    if (line_.empty() || line_.back() != '\r') return bad("has a line without a carriage return");
    line_.pop_back();
    DRYDOCK_TRY(line(line_));
    line_.clear();
  }
  return {};
}

}  // namespace drydock::api
