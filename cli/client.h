#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/http/client.h"
#include "base/json.h"
#include "base/result.h"
#include "cli/values.h"

namespace drydock::cli {

// What the program asks of the daemon. Errors carry the daemon's own message; kNotFound when nobody
// answers or the thing does not exist, kBusy for a conflict or a time-out.
class Client {
 public:
  // `trace`, when set, is told each request and how it was answered (-v).
  using Trace = std::function<void(const std::string&)>;
  explicit Client(Host host, Trace trace = {}) : host_(std::move(host)), trace_(std::move(trace)) {}

  // One operation of the ECS API.
  Result<Json> api(const std::string& operation, const Json& input) const;
  // One operation of another AWS service, by its X-Amz-Target; in the region and account of `arn`
  // when that is one, else in the daemon's.
  Result<Json> aws(const std::string& target, const Json& input, const std::string& arn = {}) const;
  // Private routes (api/local/README.md); `path` without "/_drydock/v1/".
  Result<Json> get(const std::string& path) const;
  Result<Json> post(const std::string& path, const Json& body) const;
  Result<Json> remove(const std::string& path) const;
  // POST with a body that `source` gives bit by bit (see http::ClientRequest::body_source).
  Result<Json> upload(const std::string& path,
                      std::function<ssize_t(char*, std::size_t)> source) const;
  // GET whose answer goes on; `on_data` returns false to end it, which is no error. kBusy when it
  // took longer than `limit` (0: none).
  Status stream(const std::string& path, std::function<bool(std::string_view)> on_data,
                std::chrono::milliseconds limit = {}) const;
  // The same for a POST.
  Status stream_post(const std::string& path, const Json& body,
                     std::function<bool(std::string_view)> on_data) const;

  // POST that turns the connection to another protocol; only with status 101 is it a success.
  Result<http::Upgraded> upgrade(const std::string& path, const Json& body,
                                 const std::string& protocol) const;

  const Host& host() const { return host_; }
  // "unix:///run/…" or the URL, for messages.
  std::string host_name() const;

 private:
  http::ClientRequest request(const std::string& method, const std::string& path) const;
  Error unreached(Error error) const;
  Result<http::ClientResponse> fetch(const http::ClientRequest& request,
                                     const std::string& what) const;
  Result<Json> json(const http::ClientRequest& request, const std::string& what = {}) const;
  Status stream(http::ClientRequest request, std::function<bool(std::string_view)> on_data) const;
  Host host_;
  Trace trace_;
};

// The error that an answer of status 400 and above stands for.
Error error_of_answer(int status, std::string_view body);

// Percent-encodes a query value or one segment of a path.
std::string url_encode(std::string_view text);

// Cuts a stream of JSON lines; a line longer than 8 MiB is an error.
class JsonLines {
 public:
  explicit JsonLines(std::function<bool(Json)> on_line) : on_line_(std::move(on_line)) {}
  // False when the stream should end: `on_line` said so, or the stream is damaged (error() tells).
  bool feed(std::string_view data);
  const Status& error() const { return error_; }

 private:
  std::function<bool(Json)> on_line_;
  std::string rest_;
  Status error_;
};

}  // namespace drydock::cli
