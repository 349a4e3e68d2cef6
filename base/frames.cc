#include "base/frames.h"

namespace drydock::frames {
namespace {

constexpr std::size_t kHead = 5;
constexpr std::string_view kKinds = "ierksoExf";

}  // namespace

std::string text_of(Kind kind, std::string_view payload) {
  payload = payload.substr(0, kLongestPayload);
  std::string text;
  text.reserve(kHead + payload.size());
  text += static_cast<char>(kind);
  for (int shift = 24; shift >= 0; shift -= 8)
    text += static_cast<char>((payload.size() >> shift) & 0xff);
  return text += payload;
}

std::string texts_of(Kind kind, std::string_view bytes) {
  std::string all;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kLongestPayload)))
    all += text_of(kind, bytes);
  return all;
}

std::string resize(Size size) {
  std::string payload;
  for (const std::uint16_t n : {size.rows, size.columns}) {
    payload += static_cast<char>(n >> 8);
    payload += static_cast<char>(n & 0xff);
  }
  return text_of(Kind::kResize, payload);
}

std::optional<Size> size_of(std::string_view payload) {
  if (payload.size() != 4) return std::nullopt;
  const auto two = [&](std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(payload[at]) << 8 |
                                      static_cast<unsigned char>(payload[at + 1]));
  };
  return Size{two(0), two(2)};
}

void Reader::feed(std::string_view bytes) {
  if (damaged_) return;
  held_.erase(0, at_);
  at_ = 0;
  held_ += bytes;
}

std::optional<Frame> Reader::next() {
  if (damaged_ || held_.size() - at_ < kHead) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 1; i < kHead; ++i)
    length = length << 8 | static_cast<unsigned char>(held_[at_ + i]);
  if (length > kLongestPayload || kKinds.find(held_[at_]) == kKinds.npos) {
    damaged_ = true;
    held_.clear();
    at_ = 0;
    return std::nullopt;
  }
  if (held_.size() - at_ < kHead + length) return std::nullopt;
  Frame frame{static_cast<Kind>(held_[at_]), held_.substr(at_ + kHead, length)};
  at_ += kHead + length;
  return frame;
}

}  // namespace drydock::frames
