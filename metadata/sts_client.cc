#include "metadata/sts_client.h"

#include <cctype>
#include <ctime>

#include "base/http/client.h"

namespace drydock::metadata {
namespace {

namespace aws = images::credentials;

constexpr auto kPatience = std::chrono::seconds(30);
constexpr std::size_t kLongestAnswer = 64 << 10;

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

bool is_header_text(const std::string& text) {
  for (const char c : text)
    if (c <= ' ' || c >= 0x7f) return false;
  return true;
}

std::string host_of(const std::string& url) {
  const auto scheme = url.find("://");
  const auto from = scheme == std::string::npos ? 0 : scheme + 3;
  return url.substr(from, url.find('/', from) - from);
}

}  // namespace

std::string form_encoded(const std::string& text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~')
      out += c;
    else
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

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

Result<RoleCredentials> assume_role(const AssumeRole& request, const aws::AwsKeys& keys,
                                    const std::function<bool()>& cancelled) {
  const std::string doing = "assume " + request.role_arn + " at " + request.endpoint;
  if (!is_header_text(keys.id) || !is_header_text(keys.session_token))
    return fail(Errc::kInvalid, doing + ": the access key id or session token is malformed");
  aws::AwsRequest to_sign;
  to_sign.method = "POST";
  to_sign.body = "Action=AssumeRole&Version=2011-06-15&DurationSeconds=" +
                 std::to_string(request.duration_seconds) +
                 "&RoleArn=" + form_encoded(request.role_arn) +
                 "&RoleSessionName=" + form_encoded(request.session);
  if (!request.external_id.empty())
    to_sign.body += "&ExternalId=" + form_encoded(request.external_id);
  to_sign.region = request.region;
  to_sign.service = "sts";
  to_sign.headers = {{"content-type", "application/x-www-form-urlencoded"},
                     {"host", host_of(request.endpoint)},
                     {"x-amz-date", aws::amz_date(::time(nullptr))}};
  if (!keys.session_token.empty()) to_sign.headers["x-amz-security-token"] = keys.session_token;
  http::ClientRequest out;
  out.method = "POST";
  out.url = request.endpoint + "/";
  out.body = to_sign.body;
  out.total_timeout = kPatience;
  out.max_body = kLongestAnswer;
  out.cancelled = cancelled;
  for (const auto& [name, value] : to_sign.headers)
    if (name != "host") out.headers.emplace_back(name, value);
  out.headers.emplace_back("Authorization", aws::sign_v4(to_sign, keys));
  auto answer = http::fetch(out);
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
