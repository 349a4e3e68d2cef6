#include "metadata/sts_client.h"

#include <cctype>

#include "base/http/aws_call.h"

namespace drydock::metadata {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

// The text of the first element of that name; what STS sends in them needs no unescaping but &amp;.
std::string element(const std::string& xml, const std::string& name) {
  const auto open = xml.find("<" + name + ">");
  if (open == std::string::npos) return {};
  const auto from = open + name.size() + 2;
  const auto close = xml.find("</" + name + ">", from);
  return close == std::string::npos ? std::string() : xml.substr(from, close - from);
}

// What a service says goes into our log: printable, and not for ever.
std::string printable(std::string text) {
  for (char& c : text)
    if (std::isprint(static_cast<unsigned char>(c)) == 0) c = ' ';
  return text.substr(0, 300);
}

}  // namespace

Result<RoleCredentials> parse_assumed_role(const std::string& xml, const std::string& role_arn) {
  RoleCredentials out;
  out.role_arn = role_arn;
  out.access_key = element(xml, "AccessKeyId");
  out.secret = element(xml, "SecretAccessKey");
  out.token = element(xml, "SessionToken");
  const auto expiration = parse_rfc3339(element(xml, "Expiration"));
  if (out.access_key.empty() || out.secret.empty() || !expiration)
    return fail(Errc::kInvalid, "the answer has no credentials");
  out.expiration = *expiration;
  return out;
}

Result<RoleCredentials> assume_role(const AssumeRole& request, const http::AwsKeys& keys,
                                    const std::function<bool()>& cancelled) {
  const std::string doing = "assume " + request.role_arn + " at " + request.endpoint;
  http::AwsRequest call;
  call.method = "POST";
  call.body = "Action=AssumeRole&Version=2011-06-15&DurationSeconds=" +
              std::to_string(request.duration_seconds) +
              "&RoleArn=" + http::uri_encoded(request.role_arn) +
              "&RoleSessionName=" + http::uri_encoded(request.session);
  if (!request.external_id.empty())
    call.body += "&ExternalId=" + http::uri_encoded(request.external_id);
  call.headers = {{"content-type", "application/x-www-form-urlencoded"}};
  auto answer = http::aws_fetch(http::aws_endpoint_at(request.endpoint, "sts", request.region),
                                keys, std::move(call), {kPatience, cancelled});
  if (!answer) return tl::unexpected(std::move(answer.error()).in(doing));
  if (answer->status != 200) {
    const std::string code = element(answer->body, "Code");
    return fail(Errc::kDenied, doing + ": HTTP " + std::to_string(answer->status) +
                                   (code.empty() ? "" : ", " + printable(code)) + " " +
                                   printable(element(answer->body, "Message")));
  }
  auto role = parse_assumed_role(answer->body, request.role_arn);
  if (!role) return tl::unexpected(std::move(role.error()).in(doing));
  return role;
}

}  // namespace drydock::metadata
