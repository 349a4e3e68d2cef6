#include "base/http/exchange.h"

#include <httplib.h>

#include <algorithm>
#include <ctime>

namespace drydock::http {
namespace {

// Gives cpp-httplib the head to read and keeps what it writes. Bodies never pass through here
// inwards.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string head) : head_(std::move(head)) {}
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* out, std::size_t size) override {
    const auto got = head_.copy(out, size, at_);
    at_ += got;
    return static_cast<ssize_t>(got);
  }
  ssize_t write(const char* data, std::size_t size) override {
    written_.append(data, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }
  std::string& written() { return written_; }

 private:
  std::string head_;
  std::size_t at_ = 0;
  std::string written_;
};

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

bool is_ours(const std::string& name) {
  for (const char* const ours : {"content-length", "connection", "transfer-encoding", "keep-alive"})
    if (::strcasecmp(name.c_str(), ours) == 0) return true;
  return false;
}

// cpp-httplib's server for exactly one request. Its constructor is a few empty containers.
class OneRequest final : public httplib::Server {
 public:
  OneRequest(const Head& head, Request request, const http::Handler& handler,
             const std::function<bool()>& may_keep)
      : head_(head), request_(std::move(request)), handler_(handler), may_keep_(may_keep) {
    set_pre_routing_handler([this](const httplib::Request& in, httplib::Response& out) {
      answer(in, out);
      return HandlerResponse::Handled;
    });
    set_post_routing_handler(
        [this](const httplib::Request&, httplib::Response& out) { finish(out); });
  }

  Reply run() {
    MemoryStream stream(marked_head(head_));
    bool ignored = false;
    process_request(stream, false, ignored, nullptr);
    reply_.bytes = std::move(stream.written());
    return std::move(reply_);
  }

 private:
  void answer(const httplib::Request& in, httplib::Response& out) {
    Headers headers;
    for (const auto& [name, value] :
         in.headers)  // unmarked ones are cpp-httplib's own (REMOTE_ADDR, ...)
      if (name.size() > 1 && name[0] == kMark && !value.empty())
        headers.emplace_back(name.substr(1), value.substr(1));
    Request whole = request_of(in.method, in.target, std::move(headers));
    whole.body = std::move(request_.body);
    whole.stream = request_.stream;
    whole.remote_address = request_.remote_address;
    whole.remote_port = request_.remote_port;
    whole.remote_uid = request_.remote_uid;
    Response response = handled(whole);
    seen_ = true;
    out.status = response.status;
    for (auto& [name, value] : response.headers)
      if (!is_ours(name)) out.set_header(name, value);
    out.body = std::move(response.body);
    reply_.take_over = std::move(response.take_over);
    if (in.method != "HEAD") reply_.stream = std::move(response.stream);
    streams_ = reply_.stream != nullptr || response.stream != nullptr;
    if (reply_.stream || in.method == "HEAD") length_ = response.stream_length;
  }

  Response handled(const Request& request) const {
    try {
      return handler_(request);
    } catch (const std::exception& error) {
      return {500,
              {{"Content-Type", "text/plain; charset=utf-8"}},
              std::string("internal error: ") + error.what() + "\n",
              {}};
    }
  }

  void finish(httplib::Response& out) {
    const bool chunked = streams_ && !head_.http10 && !length_;
    reply_.chunked = chunked && reply_.stream;
    reply_.keep = seen_ && may_keep_() && !(streams_ && head_.http10 && !length_);
    out.headers.erase("Keep-Alive");
    out.headers.erase("Accept-Ranges");
    out.headers.erase("Connection");
    if (!reply_.keep) out.headers.emplace("Connection", "close");
    if (out.headers.count("Date") == 0) out.headers.emplace("Date", http_date());
    if (streams_ || out.status < 200 || out.status == 204 || out.status == 304)
      out.headers.erase("Content-Length");
    if (length_) {
      out.headers.erase("Content-Length");
      out.headers.emplace("Content-Length", std::to_string(*length_));
    }
    if (chunked) out.headers.emplace("Transfer-Encoding", "chunked");
  }

  const Head& head_;
  Request request_;
  const http::Handler& handler_;
  const std::function<bool()>& may_keep_;
  Reply reply_;
  bool seen_ = false;
  bool streams_ = false;
  std::optional<std::uint64_t> length_;
};

}  // namespace

Reply exchange(const Head& head, Request request, const Handler& handler,
               const std::function<bool()>& may_keep) {
  return OneRequest(head, std::move(request), handler, may_keep).run();
}

Reply refusal_reply(const Refusal& refusal) {
  Head head;
  head.method = "GET";
  head.target = "/";
  const Handler handler = [&](const Request&) {
    return Response{
        refusal.status, {{"Content-Type", "text/plain; charset=utf-8"}}, refusal.text + "\n", {}};
  };
  return exchange(head, {}, handler, [] { return false; });
}

}  // namespace drydock::http
