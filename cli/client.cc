#include "cli/client.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace drydock::cli {
namespace {

constexpr std::size_t kLineLimit = 8u << 20;
constexpr const char* kPrivate = "/_drydock/v1/";

// "arn:aws:ssm:eu-west-1:123456789012:..." -> the credential scope that leads there.
std::string scope_of(const std::string& arn) {
  std::vector<std::string> fields;
  for (std::size_t from = 0; fields.size() < 5 && arn.starts_with("arn:");) {
    const auto colon = arn.find(':', from);
    if (colon == std::string::npos) return {};
    fields.push_back(arn.substr(from, colon - from));
    from = colon + 1;
  }
  if (fields.empty()) return {};
  return fields[4] + "/20200101/" + fields[3] + "/" + fields[2] + "/aws4_request";
}

}  // namespace

Error error_of_answer(int status, std::string_view body) {
  const auto json = parse_json(body);
  const std::string code = json ? json_string(*json, "__type") : std::string();
  std::string message = json ? json_string(*json, "message") : std::string();
  if (message.empty()) message = "the daemon answered with status " + std::to_string(status);
  // Our own routes' messages speak for themselves; an ECS error is known by its name.
  if (code.ends_with("Exception") && code != "AccessDeniedException")
    message = code + ": " + message;
  const Errc errc = status == 404   ? Errc::kNotFound
                    : status == 409 ? Errc::kBusy
                    : status >= 500 ? Errc::kSystem
                                    : Errc::kInvalid;
  return Error{errc, std::move(message), 0};
}

std::string url_encode(std::string_view text) {
  constexpr const char* kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != std::string_view::npos)
      out += c;
    else
      ((out += '%') += kHex[byte >> 4]) += kHex[byte & 15];
  }
  return out;
}

std::string Client::host_name() const {
  return host_.socket.empty() ? host_.url : "unix://" + host_.socket;
}

http::ClientRequest Client::request(const std::string& method, const std::string& path) const {
  http::ClientRequest r;
  r.method = method;
  r.unix_socket = host_.socket;
  r.url = (host_.socket.empty() ? host_.url : "http://localhost") + path;
  return r;
}

Error Client::unreached(Error error) const {
  if (error.code == Errc::kNotFound)
    error.message = "no daemon answers at " + host_name() +
                    "; are --host and DRYDOCK_HOST right? One is started with: sudo "
                    "drydock daemon start";
  return error;
}

Result<http::ClientResponse> Client::fetch(const http::ClientRequest& request,
                                           const std::string& what) const {
  auto answer = http::fetch(request);
  if (trace_)
    trace_(what + ": " + (answer ? std::to_string(answer->status) : answer.error().message));
  if (answer && answer->status >= 400)
    return tl::unexpected(error_of_answer(answer->status, answer->body));
  if (!answer) return tl::unexpected(unreached(std::move(answer.error())));
  return answer;
}

Result<http::Upgraded> Client::upgrade(const std::string& path, const Json& body,
                                       const std::string& protocol) const {
  auto r = request("POST", kPrivate + path);
  r.headers = {{"Content-Type", "application/json"}};
  r.body = dump_json(body);
  auto answer = http::upgrade(r, protocol);
  if (trace_)
    trace_(path + ": " +
           (answer ? std::to_string(answer->response.status) : answer.error().message));
  if (!answer) return tl::unexpected(unreached(std::move(answer.error())));
  if (answer->response.status != 101)
    return tl::unexpected(error_of_answer(answer->response.status, answer->response.body));
  return answer;
}

Result<Json> Client::json(const http::ClientRequest& request, const std::string& what) const {
  DRYDOCK_LET(const http::ClientResponse answer,
              fetch(request, what.empty() ? request.method + " " + request.url : what));
  if (answer.body.empty()) return Json::object();
  auto parsed = parse_json(answer.body);
  if (!parsed)
    return fail(Errc::kSystem, "the daemon's answer is not JSON: " + parsed.error().message);
  return parsed;
}

Result<Json> Client::api(const std::string& operation, const Json& input) const {
  auto r = request("POST", "/");
  r.headers = {{"Content-Type", "application/x-amz-json-1.1"},
               {"X-Amz-Target", "AmazonEC2ContainerServiceV20141113." + operation}};
  r.body = dump_json(input);
  return json(r, operation);
}

Result<Json> Client::aws(const std::string& target, const Json& input,
                         const std::string& arn) const {
  auto r = request("POST", "/");
  r.headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", target}};
  if (const auto scope = scope_of(arn); !scope.empty())
    r.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + scope);
  r.body = dump_json(input);
  return json(r, target);
}

Result<Json> Client::get(const std::string& path) const {
  return json(request("GET", kPrivate + path));
}

Result<Json> Client::post(const std::string& path, const Json& body) const {
  auto r = request("POST", kPrivate + path);
  r.headers = {{"Content-Type", "application/json"}};
  r.body = dump_json(body);
  return json(r);
}

Result<Json> Client::remove(const std::string& path) const {
  return json(request("DELETE", kPrivate + path));
}

Result<Json> Client::upload(const std::string& path,
                            std::function<ssize_t(char*, std::size_t)> source) const {
  auto r = request("POST", kPrivate + path);
  r.headers = {{"Content-Type", "application/octet-stream"}};
  r.body_source = std::move(source);
  return json(r);
}

Status Client::stream(const std::string& path, std::function<bool(std::string_view)> on_data,
                      std::chrono::milliseconds limit) const {
  auto r = request("GET", kPrivate + path);
  r.total_timeout = limit;
  return stream(std::move(r), std::move(on_data));
}

Status Client::stream_post(const std::string& path, const Json& body,
                           std::function<bool(std::string_view)> on_data) const {
  auto r = request("POST", kPrivate + path);
  r.headers = {{"Content-Type", "application/json"}};
  r.body = dump_json(body);
  return stream(std::move(r), std::move(on_data));
}

Status Client::stream(http::ClientRequest r, std::function<bool(std::string_view)> on_data) const {
  bool ended_by_us = false;
  r.on_data = [&](std::string_view data) {
    ended_by_us = !on_data(data);
    return !ended_by_us;
  };
  const auto answer = fetch(r, r.method + " " + r.url);
  if (answer || ended_by_us) return {};
  return tl::unexpected(answer.error());
}

bool JsonLines::feed(std::string_view data) {
  while (!data.empty()) {
    const auto end = data.find('\n');
    rest_ += data.substr(0, end);
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + 1);
    const std::string line = std::move(rest_);
    rest_.clear();
    if (line.empty()) continue;
    auto json = parse_json(line);
    if (!json) {
      error_ = fail(Errc::kSystem, "the daemon's stream is not JSON: " + json.error().message);
      return false;
    }
    if (!on_line_(std::move(*json))) return false;
  }
  if (rest_.size() > kLineLimit)
    error_ = fail(Errc::kSystem, "the daemon sent a line longer than 8 MiB");
  return error_.has_value();
}

}  // namespace drydock::cli
