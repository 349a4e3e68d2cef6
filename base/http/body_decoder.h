#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/http/head.h"

namespace drydock::http {

// Takes a request body off the wire: a known length, or chunks (RFC 9112 7.1) read strictly. Pure.
class BodyDecoder {
 public:
  // `limit` bounds the decoded bytes; 0: no bound (streaming routes).
  BodyDecoder(const Head& head, std::size_t limit);
  // Appends the body bytes of `wire` to `out`; returns how many bytes of `wire` were taken: all,
  // unless done() or refused().
  std::size_t feed(std::string_view wire, std::string& out);
  bool done() const { return state_ == State::kDone; }
  const std::optional<Refusal>& refused() const { return refused_; }

 private:
  enum class State { kData, kDataEnd, kSize, kTrailer, kDone };
  void line(std::string_view text);
  bool take_line(std::string_view& wire);
  void refuse(int status, std::string text);

  State state_ = State::kDone;
  bool chunked_;
  std::size_t limit_;
  std::uint64_t left_ = 0;   // of the body, or of the present chunk
  std::uint64_t total_ = 0;  // decoded so far, with the present chunk
  std::size_t trailer_bytes_ = 0;
  std::string line_;
  std::optional<Refusal> refused_;
};

}  // namespace drydock::http
