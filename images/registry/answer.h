#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// What registries answer, read with suspicion. Pure.
namespace drydock::images::registry {

struct Answer {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // names in lower-case
  std::string body;                                 // unless it was streamed

  std::string header(const std::string& name) const;  // the first one, or empty
};

// Text of other machines for people: control characters become spaces, and it ends after `most`
// bytes.
std::string printable(std::string_view text, std::size_t most = 300);

// The error that an answer other than 2xx means; `doing` names what was asked of whom. The
// registry's own words (errors[].code and message) are part of it.
Error error_of_answer(const Answer& answer, const std::string& doing);
// Whether the same request may do better later (429, 408, 5xx but not 501).
bool is_passing(int status);

// Seconds, or an HTTP date seen from `now` (seconds since 1970); none when it is neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::int64_t now);

struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::optional<std::uint64_t> total;
};
// "bytes 5-9/10" or "bytes 5-9/*".
std::optional<ContentRange> parse_content_range(std::string_view value);
std::optional<std::uint64_t> parse_number(std::string_view text);

struct Token {
  std::string text;
  std::chrono::seconds lasts{60};
};
// What a token endpoint gives ("token" or "access_token", "expires_in"). kInvalid.
Result<Token> parse_token(std::string_view body);

}  // namespace drydock::images::registry
