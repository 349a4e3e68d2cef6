#include <ctime>
#include <future>
#include <memory>

#include "api/other_services.h"
#include "api/upstream/aws_chunked.h"
#include "api/upstream/passed_on.h"
#include "api/upstream/upstream.h"
#include "base/http/open_answer.h"

// How a request is passed on: bodies stream both ways, on the handler's own thread.
namespace drydock::api {
namespace {

constexpr std::size_t kPause = 1u << 20;          // StreamWriter::pending
constexpr std::size_t kLargestWhole = 64u << 20;  // an answer to a request that is not streamed

using Source = std::function<ssize_t(char*, std::size_t)>;

Source raw_source(http::BodyReader& reader) {
  return [&reader](char* buffer, std::size_t size) { return reader.read(buffer, size); };
}

// Without its aws-chunked coding.
Source decoded_source(http::BodyReader& reader) {
  struct State {
    AwsChunked decoder;
    std::string held;
    std::size_t at = 0;
  };
  return [&reader, s = std::make_shared<State>()](char* buffer, std::size_t size) -> ssize_t {
    char wire[16u << 10];
    while (s->at == s->held.size()) {
      s->held.clear();
      s->at = 0;
      const ssize_t got = reader.read(wire, sizeof wire);
      if (got <= 0) return got == 0 && !s->decoder.done() ? -1 : got;
      if (!s->decoder.feed({wire, static_cast<std::size_t>(got)}, s->held)) return -1;
    }
    const auto n = s->held.copy(buffer, size, s->at);
    s->at += n;
    return static_cast<ssize_t>(n);
  };
}

Result<std::string> whole_body(const http::Request& request) {
  if (!request.stream) return request.body;
  std::string body;
  char buffer[16u << 10];
  for (;;) {
    const ssize_t got = request.stream->read(buffer, sizeof buffer);
    if (got < 0) return fail(Errc::kInvalid, "the request's body could not be read");
    if (got == 0) return body;
    body.append(buffer, static_cast<std::size_t>(got));
    if (body.size() > kLargestSigned)
      return fail(Errc::kInvalid, "the request's body is larger than " +
                                      std::to_string(kLargestSigned) +
                                      " bytes, which is the most that is signed anew");
  }
}

void stream_body(const http::Request& request, const Source& source,
                 std::optional<std::uint64_t> length, http::ClientRequest& out) {
  if (!request.stream) {
    out.body = request.body;
    return;
  }
  const bool chunked = !http::header(request.headers, "Transfer-Encoding").empty();
  if (length.value_or(0) == 0 && !chunked) return;
  out.body_source = source;
  out.body_length = length;
}

Result<http::ClientRequest> signed_anew(const http::Request& request, const Asked& asked,
                                        const Upstream::Target& target, const http::AwsKeys& keys) {
  Resigned parts = resigned(request, asked);
  const auto kind = parts.body;
  const auto length = parts.length;
  if (kind == SignedBody::kHashed) {
    DRYDOCK_LET(parts.request.body, whole_body(request));
  }
  http::ClientRequest out = signed_request(std::move(parts), target.url, keys, std::time(nullptr));
  if (kind == SignedBody::kHashed) return out;
  if (kind == SignedBody::kDecoded && !request.stream) {
    AwsChunked decoder;
    DRYDOCK_TRY(decoder.feed(request.body, out.body));
    return out;
  }
  Source source;
  if (request.stream)
    source = kind == SignedBody::kDecoded ? decoded_source(*request.stream)
                                          : raw_source(*request.stream);
  stream_body(request, source, length, out);
  return out;
}

// The answer's body, to the client as it arrives.
void pass_body(http::OpenAnswer& answer, const std::shared_ptr<http::StreamWriter>& writer) {
  const auto all = answer.body([&](std::string_view bytes) {
    if (!writer->write(bytes)) return false;
    if (writer->pending() < kPause) return true;
    auto room = std::make_shared<std::promise<void>>();
    writer->on_writable([room] { room->set_value(); });
    room->get_future().wait();
    return true;
  });
  if (all) writer->close();  // else the client sees that it was cut
}

http::Response passed_back(const http::Request& request,
                           const std::shared_ptr<http::OpenAnswer>& answer) {
  const http::ClientResponse& head = answer->head();
  http::Response out;
  out.status = head.status;
  for (const auto& [name, value] : head.headers)
    if (!is_hop_by_hop(head.headers, name)) out.headers.emplace_back(name, value);
  out.stream_length = content_length(head.headers);
  const bool empty = request.method == "HEAD" || head.status == 204 || head.status == 304;
  if (empty) return out;
  if (request.stream) {
    out.stream = [answer](const std::shared_ptr<http::StreamWriter>& writer) {
      pass_body(*answer, writer);
    };
    return out;
  }
  const auto all = answer->body([&](std::string_view bytes) {
    out.body += bytes;
    return out.body.size() <= kLargestWhole;
  });
  if (!all) return {502, {{"Content-Type", "text/plain"}}, all.error().message + "\n", {}};
  return out;
}

}  // namespace

http::Response Upstream::forward(const http::Request& request,
                                 const std::function<bool()>& ended) const {
  Asked asked = asked_of(request);
  const auto where = takes(request);
  if (asked.region.empty()) asked.region = options_.region;
  const std::string name = asked.service.empty() ? "this request" : asked.service;
  const auto failed = [&](int status, const std::string& why) {
    return service_error(request, asked.service, {"UpstreamUnavailableException", why, status, {}});
  };
  if (!where) return failed(400, "There is no upstream for " + name + ".");
  if (came_from_us(request))
    return failed(400, where->setting +
                           " leads back to this daemon: it must be the address of "
                           "another emulator, which has " +
                           name + ".");
  http::ClientRequest out;
  if (where->sign) {
    const auto keys = options_.keys();
    if (!keys)
      return failed(400, "The call for " + name + " cannot be signed for " + where->url +
                             " (upstream.profile): " + keys.error().message);
    auto made = signed_anew(request, asked, *where, *keys);
    if (!made) return failed(400, made.error().message);
    out = std::move(*made);
  } else {
    out = passed_on(request, where->url);
    std::string via(http::header(request.headers, kVia));
    via += (via.empty() ? "" : ",") + options_.instance;
    out.headers.emplace_back(kVia, via);
    stream_body(request, request.stream ? raw_source(*request.stream) : Source(),
                content_length(request.headers), out);
  }
  out.silence = options_.silence;
  out.cancelled = ended;
  auto answer = http::OpenAnswer::fetch(std::move(out));
  if (answer) return passed_back(request, std::move(*answer));
  // Nobody there, or nothing said: trying again, as clients do after a 5xx, would only take time.
  const bool again = answer.error().code == Errc::kSystem;
  return failed(again ? 502 : 400, "The upstream for " + name + " (" + where->setting + ": " +
                                       where->url + ") did not answer: " + answer.error().message +
                                       ".");
}

}  // namespace drydock::api
