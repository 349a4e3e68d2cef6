#include "base/http/aws_call.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace drydock::http {
namespace {

constexpr std::size_t kLargestAnswer = 8u << 20;
constexpr std::size_t kLongestMessage = 500;

std::string host_of(const std::string& url) {
  const auto from = url.find("://") + 3;
  return url.substr(from, url.find('/', from) - from);
}

bool is_header_text(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// What a service says goes into our log and into a task's reason.
std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  return text.substr(0, kLongestMessage);
}

// "com.amazonaws#ThrottlingException:http://..." -> "ThrottlingException"
std::string code_of(std::string type) {
  type = type.substr(0, type.find(':'));
  return printable(type.substr(type.rfind('#') + 1));
}

}  // namespace

AwsEndpoint aws_endpoint(const std::string& service, const std::string& region,
                         const std::string& host) {
  return {service, region,
          "https://" + (host.empty() ? service : host) + "." + region + ".amazonaws.com" +
              (region.starts_with("cn-") ? ".cn" : "")};
}

AwsEndpoint aws_endpoint_at(const std::string& address, const std::string& service,
                            const std::string& region) {
  std::string url = address.find("://") == std::string::npos ? "https://" + address : address;
  while (url.ends_with('/')) url.pop_back();
  return {service, region, url};
}

Result<ClientResponse> aws_fetch(const AwsEndpoint& endpoint, const AwsKeys& keys,
                                 AwsRequest request, const AwsPatience& patience) {
  if (!is_header_text(keys.id) || !is_header_text(keys.session_token))
    return fail(Errc::kInvalid,
                endpoint.url + ": the AWS access key id or session token is malformed");
  request.region = endpoint.region;
  request.service = endpoint.service;
  request.headers["host"] = host_of(endpoint.url);
  request.headers["x-amz-date"] = amz_date(::time(nullptr));
  if (!keys.session_token.empty()) request.headers["x-amz-security-token"] = keys.session_token;
  ClientRequest out;
  out.method = request.method;
  out.url = endpoint.url + request.path;
  if (!request.query.empty()) out.url += "?" + canonical_query(request.query);
  out.total_timeout = patience.total;
  out.cancelled = patience.cancelled;
  out.max_body = kLargestAnswer;
  for (const auto& [name, value] : request.headers)
    if (name != "host") out.headers.emplace_back(name, value);
  out.headers.emplace_back("Authorization", sign_v4(request, keys));
  out.body = std::move(request.body);
  return fetch(out);
}

Result<AwsAnswer> aws_json_call(const AwsEndpoint& endpoint, const AwsKeys& keys,
                                const std::string& target, const std::string& input,
                                const AwsPatience& patience) {
  AwsRequest request;
  request.method = "POST";
  request.body = input;
  request.headers = {{"content-type", "application/x-amz-json-1.1"}, {"x-amz-target", target}};
  DRYDOCK_LET(auto answer, aws_fetch(endpoint, keys, std::move(request), patience));
  AwsAnswer out;
  out.status = answer.status;
  if (out.status != 200) {
    const auto body = parse_json(answer.body);
    if (body && body->is_object()) {
      out.code = code_of(json_string(*body, "__type"));
      out.message = printable(json_string(*body, "message", json_string(*body, "Message")));
    }
    return out;
  }
  out.body = std::move(answer.body);
  return out;
}

}  // namespace drydock::http
