#include "router/aws.h"

#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "router/output.h"

namespace drydock::router {
namespace {

constexpr auto kAhead = std::chrono::minutes(5);
constexpr const char* kCredentials = "http://169.254.170.2";

// Codes after which the same request may be taken.
bool may_pass(int status, const std::string& code) {
  for (const char* one :
       {"Throttl", "TooManyRequests", "LimitExceeded", "SlowDown", "Expired", "Unavailable",
        "ResourceNotFound", "AccessDenied", "Token", "Signature", "NoSuchBucket"})
    if (code.find(one) != std::string::npos) return true;
  return status >= 500 || status == 429 || status == 408;
}

}  // namespace

Result<http::AwsKeys> TaskKeys::get() {
  const std::lock_guard lock(mutex_);
  http::AwsKeys given{environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                      environment("AWS_SESSION_TOKEN")};
  if (!given.empty()) return given;
  if (!keys_.empty() && until_ > now() + kAhead) return keys_;
  const std::string path = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  if (path.empty())
    return fail(Errc::kBusy,
                "the task has no role, and the router's container no AWS keys in its "
                "environment");
  http::ClientRequest request;
  request.url = kCredentials + path;
  request.total_timeout = std::chrono::seconds(5);
  request.max_body = 64u << 10;
  DRYDOCK_LET(const auto answer, http::fetch(request));
  const auto body = parse_json(answer.body);
  if (answer.status != 200 || !body || !body->is_object())
    return fail(Errc::kBusy, "the task's credentials: HTTP " + std::to_string(answer.status));
  keys_ = {json_string(*body, "AccessKeyId"), json_string(*body, "SecretAccessKey"),
           json_string(*body, "Token")};
  const auto until = parse_rfc3339(json_string(*body, "Expiration"));
  until_ = until ? *until : now();
  if (keys_.empty()) return fail(Errc::kBusy, "the task's credentials are empty");
  return keys_;
}

http::AwsEndpoint aws_target(const std::string& service, const std::string& region,
                             const std::string& endpoint) {
  const std::string address = endpoint.empty() ? environment("AWS_ENDPOINT_URL") : endpoint;
  return address.empty() ? http::aws_endpoint(service, region)
                         : http::aws_endpoint_at(address, service, region);
}

Result<Json> aws_call(TaskKeys& keys, const http::AwsEndpoint& target, const std::string& operation,
                      const Json& input) {
  DRYDOCK_LET(const http::AwsKeys key, keys.get());
  DRYDOCK_LET(const auto answer, http::aws_json_call(target, key, operation, dump_json(input)));
  if (answer.status == 200) {
    auto body = parse_json(answer.body);
    return body && body->is_object() ? Result<Json>(std::move(*body))
                                     : Result<Json>(Json::object());
  }
  return fail(may_pass(answer.status, answer.code) ? Errc::kBusy : Errc::kInvalid,
              answer.code + ": " + target.url + " answered HTTP " + std::to_string(answer.status) +
                  " to " + operation.substr(operation.find('.') + 1) +
                  (answer.message.empty() ? "" : ": " + answer.message.substr(0, 300)));
}

Status aws_put(TaskKeys& keys, const http::AwsEndpoint& target, const std::string& path,
               const std::string& body, const std::string& content_type) {
  http::AwsRequest request;
  request.method = "PUT";
  request.path = path;
  request.body = body;
  request.headers = {{"content-type", content_type}, {"x-amz-content-sha256", sha256_hex(body)}};
  DRYDOCK_LET(const http::AwsKeys key, keys.get());
  DRYDOCK_LET(const auto answer, http::aws_fetch(target, key, std::move(request)));
  if (answer.status >= 200 && answer.status < 300) return {};
  const auto at = answer.body.find("<Code>");
  const std::string code =
      at == std::string::npos
          ? ""
          : answer.body.substr(at + 6, answer.body.find('<', at + 6) - at - 6).substr(0, 64);
  return fail(may_pass(answer.status, code) ? Errc::kBusy : Errc::kInvalid,
              target.url + " answered HTTP " + std::to_string(answer.status) + " " + code +
                  " to a PUT of " + path);
}

}  // namespace drydock::router
