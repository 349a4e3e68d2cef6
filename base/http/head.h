#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/http/message.h"

// Strict checks of a request head, done before cpp-httplib sees it (it takes bare line feeds,
// doubled lengths and folded lines without a word). Pure.
namespace drydock::http {

// Why a request is refused before any handler sees it.
struct Refusal {
  int status = 400;
  std::string text;
};

struct Head {
  std::string method;
  std::string target;
  Headers headers;  // in order, values without the white space around them
  bool http10 = false;
  bool keep_alive = true;
  bool expect_continue = false;
  bool chunked = false;
  std::uint64_t length = 0;  // Content-Length, 0 when absent
};

// Finds the end of a head in a growing buffer, looking at each byte once. One empty line before
// the request is skipped (RFC 9112 2.2).
class HeadScanner {
 public:
  enum class Found { kMore, kEnd, kBad };
  // kEnd: the head is complete. kBad: a line feed without carriage return, or the reverse.
  Found scan(std::string_view buffer);
  // Bytes up to and including the empty line.
  std::size_t size() const { return at_; }

 private:
  std::size_t at_ = 0;
  std::size_t line_ = 0;  // where the present line begins
};

// Reads a complete head: request line, header lines, empty line. Refuses what two readers could
// understand differently: several lengths, a length and chunks, folded lines, white space before a
// colon, control characters.
tl::expected<Head, Refusal> check_head(std::string_view text);

// `head` written so that cpp-httplib parses it but acts on none of its headers (Range, Expect,
// encodings): each name and value begins with `kMark`, and "%" is escaped because it
// percent-decodes values.
std::string marked_head(const Head& head);
inline constexpr char kMark = '~';

// The request as a handler sees it, without body.
Request request_of(std::string method, std::string target, Headers headers);

}  // namespace drydock::http
