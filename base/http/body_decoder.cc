#include "base/http/body_decoder.h"

#include <algorithm>
#include <charconv>

namespace drydock::http {
namespace {

constexpr std::size_t kSizeLine = 128;  // a chunk's size with its extensions
constexpr std::size_t kTrailers = 8u << 10;

}  // namespace

BodyDecoder::BodyDecoder(const Head& head, std::size_t limit)
    : chunked_(head.chunked), limit_(limit) {
  if (chunked_) {
    state_ = State::kSize;
  } else if (head.length > 0) {
    state_ = State::kData;
    left_ = head.length;
    if (limit_ != 0 && left_ > limit_)
      refuse(413, "the request body is larger than " + std::to_string(limit_) + " bytes");
  }
}

void BodyDecoder::refuse(int status, std::string text) {
  refused_ = Refusal{status, std::move(text)};
}

// Collects one line up to its CRLF into line_; false when the wire ends before or the line is
// refused.
bool BodyDecoder::take_line(std::string_view& wire) {
  while (!wire.empty()) {
    const char c = wire.front();
    wire.remove_prefix(1);
    const bool after_return = !line_.empty() && line_.back() == '\r';
    if (after_return != (c == '\n')) {
      refuse(400, "a chunk's line does not end in CRLF");
      return false;
    }
    if (after_return) {
      line_.pop_back();
      return true;
    }
    line_ += c;
    if (line_.size() > (state_ == State::kTrailer ? kTrailers : kSizeLine)) {
      refuse(400, "a chunk's line is too long");
      return false;
    }
  }
  return false;
}

void BodyDecoder::line(std::string_view text) {
  if (state_ == State::kDataEnd) {
    if (!text.empty()) return refuse(400, "a chunk is longer than it said");
    state_ = State::kSize;
    return;
  }
  if (state_ == State::kTrailer) {
    trailer_bytes_ += text.size() + 2;
    if (trailer_bytes_ > kTrailers) return refuse(431, "the request's trailers are too large");
    if (text.empty()) state_ = State::kDone;
    return;
  }
  const auto digits = text.substr(0, text.find_first_of("; \t"));
  const auto* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, left_, 16);
  if (digits.empty() || digits.size() > 15 || error != std::errc() || stop != end)
    return refuse(400, "a chunk's size is not a number");
  total_ += left_;
  if (limit_ != 0 && total_ > limit_)
    return refuse(413, "the request body is larger than " + std::to_string(limit_) + " bytes");
  state_ = left_ == 0 ? State::kTrailer : State::kData;
}

std::size_t BodyDecoder::feed(std::string_view wire, std::string& out) {
  const auto before = wire.size();
  while (!wire.empty() && !done() && !refused_) {
    if (state_ == State::kData) {
      const auto part =
          wire.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, wire.size())));
      out.append(part);
      wire.remove_prefix(part.size());
      left_ -= part.size();
      if (left_ == 0) state_ = chunked_ ? State::kDataEnd : State::kDone;
    } else if (take_line(wire)) {
      const auto text = std::exchange(line_, {});
      line(text);
    }
  }
  return before - wire.size();
}

}  // namespace drydock::http
