#include "base/http/head.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace drydock::http {
namespace {

// cpp-httplib gives up at 8192 bytes a line without a word; marked_head adds a few.
constexpr std::size_t kLongestLine = 8000;

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || (c != 0 && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
  });
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

tl::unexpected<Refusal> refuse(int status, std::string text) {
  return tl::unexpected(Refusal{status, std::move(text)});
}

// One line without its CRLF, taken off the front of `text`.
std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find("\r\n"), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 2));
  return line;
}

tl::expected<void, Refusal> read_request_line(std::string_view line, Head& head) {
  if (line.size() > kLongestLine) return refuse(414, "the request target is too long");
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == line.npos || first == last)
    return refuse(400, "the request line is not: method, target, version");
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!is_token(method)) return refuse(400, "the request method is malformed");
  const bool clean = std::all_of(target.begin(), target.end(),
                                 [](unsigned char c) { return c > 0x20 && c != 0x7f && c != '#'; });
  if (!clean || target.empty() || (target[0] != '/' && target != "*"))
    return refuse(400, "the request target must be a path");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    if (version.substr(0, 5) == "HTTP/")
      return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    return refuse(400, "the protocol version is malformed");
  }
  head.method = method;
  head.target = target;
  head.http10 = version == "HTTP/1.0";
  return {};
}

tl::expected<void, Refusal> read_header_line(std::string_view line, Head& head) {
  if (line.front() == ' ' || line.front() == '\t')
    return refuse(400, "folded header lines are not accepted");
  const auto colon = line.find(':');
  if (colon == line.npos || !is_token(line.substr(0, colon)))
    return refuse(400, "a header line is malformed");
  const auto value = trimmed(line.substr(colon + 1));
  const bool clean = std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return (c >= 0x20 && c != 0x7f) || c == '\t';
  });
  if (!clean) return refuse(400, "a header value holds a control character");
  const auto escaped =
      line.size() + 2 * static_cast<std::size_t>(std::count(value.begin(), value.end(), '%'));
  if (escaped > kLongestLine) return refuse(431, "a header line is longer than 8000 bytes");
  head.headers.emplace_back(line.substr(0, colon), value);
  return {};
}

bool lists(std::string_view value, std::string_view word) {
  while (!value.empty()) {
    const auto part = value.substr(0, value.find(','));
    value.remove_prefix(std::min(value.size(), part.size() + 1));
    if (same(trimmed(part), word)) return true;
  }
  return false;
}

// What the headers say of the body's length and of the connection.
tl::expected<void, Refusal> read_framing(Head& head) {
  int lengths = 0, codings = 0, hosts = 0;
  head.keep_alive = !head.http10;
  for (const auto& [name, value] : head.headers) {
    if (same(name, "content-length")) {
      const auto* const end = value.data() + value.size();
      const auto [stop, error] = std::from_chars(value.data(), end, head.length);
      if (error != std::errc() || stop != end || ++lengths > 1)
        return refuse(400, "Content-Length must be given once, as a number");
    } else if (same(name, "transfer-encoding")) {
      if (++codings > 1) return refuse(400, "Transfer-Encoding is given more than once");
      if (!same(value, "chunked"))
        return refuse(501, "the only Transfer-Encoding understood is chunked");
      head.chunked = true;
    } else if (same(name, "host")) {
      ++hosts;
    } else if (same(name, "connection")) {
      if (lists(value, "close")) head.keep_alive = false;
    } else if (same(name, "expect")) {
      if (!same(value, "100-continue"))
        return refuse(417, "the only expectation understood is 100-continue");
      head.expect_continue = !head.http10;
    }
  }
  if (lengths + codings > 1)
    return refuse(400, "Content-Length and Transfer-Encoding contradict each other");
  if (head.chunked && head.http10) return refuse(400, "HTTP/1.0 knows no Transfer-Encoding");
  if (hosts > 1 || (hosts == 0 && !head.http10))
    return refuse(400, "exactly one Host header is needed");
  return {};
}

void append_marked(std::string& out, std::string_view value) {
  out += kMark;
  for (const char c : value) {
    if (c == '%')
      out += "%25";
    else
      out += c;
  }
}

}  // namespace

HeadScanner::Found HeadScanner::scan(std::string_view buffer) {
  while (at_ < buffer.size()) {
    const auto next = buffer.find_first_of("\r\n", at_);
    if (next == buffer.npos) {
      at_ = buffer.size();
      return Found::kMore;
    }
    at_ = next;
    if (buffer[at_] == '\n') return Found::kBad;
    if (at_ + 1 == buffer.size()) return Found::kMore;
    if (buffer[at_ + 1] != '\n') return Found::kBad;
    const bool empty = at_ == line_;
    at_ += 2;
    const bool leading = empty && line_ == 0;
    line_ = at_;
    if (empty && !leading) return Found::kEnd;
  }
  return Found::kMore;
}

tl::expected<Head, Refusal> check_head(std::string_view text) {
  Head head;
  if (text.substr(0, 2) == "\r\n") text.remove_prefix(2);
  if (auto ok = read_request_line(take_line(text), head); !ok) return tl::unexpected(ok.error());
  while (!text.empty()) {
    const auto line = take_line(text);
    if (line.empty()) break;
    if (auto ok = read_header_line(line, head); !ok) return tl::unexpected(ok.error());
  }
  if (auto ok = read_framing(head); !ok) return tl::unexpected(ok.error());
  return head;
}

std::string marked_head(const Head& head) {
  std::string out =
      head.method + ' ' + head.target + (head.http10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  for (const auto& [name, value] : head.headers) {
    out += kMark;
    out += name;
    out += ": ";
    append_marked(out, value);
    out += "\r\n";
  }
  return out += "\r\n";
}

Request request_of(std::string method, std::string target, Headers headers) {
  Request request;
  const auto mark = target.find('?');
  request.method = std::move(method);
  request.path = target.substr(0, mark);
  if (mark != target.npos) request.query = target.substr(mark + 1);
  request.target = std::move(target);
  request.headers = std::move(headers);
  return request;
}

}  // namespace drydock::http
