// What the HTTP door does with bytes from a client: find the head, check it, decode the body, let
// cpp-httplib parse and answer. Properties: both parsers agree on what was asked, bodies stay
// within their limit, nothing a client sends can add a header or a second reply to the answer.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/http/body_decoder.h"
#include "base/http/exchange.h"
#include "base/http/head.h"

namespace {

using namespace drydock::http;

constexpr std::size_t kBodyLimit = 4096;

void require(bool fact) {
  if (!fact) std::abort();
}

Headers sorted(Headers headers) {
  std::erase_if(headers, [](const auto& one) { return one.first.empty(); });
  for (auto& [name, value] : headers)
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return std::tolower(c); });
  std::sort(headers.begin(), headers.end());
  return headers;
}

void check_reply(const Reply& reply, const std::string& body, bool head_request, bool handled) {
  require(reply.bytes.rfind("HTTP/1.1 ", 0) == 0);
  const auto end = reply.bytes.find("\r\n\r\n");
  require(end != std::string::npos);
  require(reply.bytes.find("\nX-Evil") > end);
  if (handled) require(reply.bytes.substr(end + 4) == (head_request ? std::string() : body));
}

void answer(const Head& head, const std::string& body) {
  Request request;
  request.body = body;
  bool handled = false;
  const Handler handler = [&](const Request& seen) {
    handled = true;
    require(seen.method == head.method && seen.target == head.target && seen.body == body);
    require(sorted(seen.headers) == sorted(head.headers));
    (void)query_value(seen.query, "id");
    Response response{
        200, {{"Content-Type", "text/plain"}}, "for " + percent_decode(seen.path), {}};
    for (const auto& [name, value] : seen.headers) response.headers.emplace_back("X-Echo", value);
    response.headers.emplace_back("X-Path", percent_decode(seen.path));
    return response;
  };
  const auto reply = exchange(head, request, handler, [&] { return head.keep_alive; });
  const auto mark = head.target.find('?');
  check_reply(reply, "for " + percent_decode(head.target.substr(0, mark)), head.method == "HEAD",
              handled);
  require(handled || !reply.keep);
}

// One request off the front of `wire`; false when the connection would end.
bool serve(std::string& wire, std::size_t cut) {
  HeadScanner scanner;
  auto found = scanner.scan(std::string_view(wire).substr(0, std::min(cut, wire.size())));
  if (found == HeadScanner::Found::kMore) found = scanner.scan(wire);
  if (found != HeadScanner::Found::kEnd) return false;
  const auto head = check_head(std::string_view(wire).substr(0, scanner.size()));
  if (!head) {
    check_reply(refusal_reply(head.error()), head.error().text + "\n", false, true);
    return false;
  }
  wire.erase(0, scanner.size());
  BodyDecoder decoder(*head, kBodyLimit);
  std::string body;
  std::size_t took =
      decoder.feed(std::string_view(wire).substr(0, std::min(cut, wire.size())), body);
  took += decoder.feed(std::string_view(wire).substr(took), body);
  require(body.size() <= kBodyLimit && took <= wire.size());
  if (decoder.refused() || !decoder.done()) return false;
  wire.erase(0, took);
  answer(*head, body);
  return head->keep_alive;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string wire(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (serve(wire, data[0])) {
  }
  return 0;
}
