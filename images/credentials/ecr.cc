#include "images/credentials/ecr.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/json.h"
#include "images/credentials/as_owner.h"
#include "images/credentials/aws_keys.h"
#include "images/credentials/config_file.h"
#include "images/registry/transport.h"

namespace drydock::images::credentials {
namespace {

constexpr std::size_t kLargestAnswer = 256 << 10;
constexpr const char* kTarget = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool is_header_text(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

registry::Exchange signed_request(const registry::Url& url, const EcrHost& host,
                                  const http::AwsKeys& keys) {
  http::AwsRequest request;
  request.method = "POST";
  request.body = "{}";
  request.region = host.region;
  request.service = "ecr";
  request.headers = {{"content-type", "application/x-amz-json-1.1"},
                     {"host", url.host_port()},
                     {"x-amz-date", http::amz_date(::time(nullptr))},
                     {"x-amz-target", kTarget}};
  if (!keys.session_token.empty()) request.headers["x-amz-security-token"] = keys.session_token;
  registry::Exchange exchange;
  exchange.url = url;
  exchange.authorization = http::sign_v4(request, keys);
  for (const auto& [name, value] : request.headers)
    if (name != "host") exchange.headers.push_back(name + ": " + value);
  exchange.form = request.body;
  exchange.most_body = kLargestAnswer;
  return exchange;
}

Result<registry::Credentials> read_login(const std::string& body) {
  const auto json = parse_json(body);
  const Json* data = json ? json_find(*json, "authorizationData") : nullptr;
  if (data != nullptr && data->is_array() && !data->empty() && data->front().is_object())
    if (const auto plain = decode_base64(json_string(data->front(), "authorizationToken")))
      return split_login(*plain);
  return fail(Errc::kInvalid, "the answer has no authorizationToken");
}

}  // namespace

std::optional<EcrHost> parse_ecr_host(std::string_view registry) {
  if (registry.find_first_not_of("0123456789") != 12) return std::nullopt;
  registry.remove_prefix(12);
  bool fips = take(registry, ".dkr.ecr-fips.");
  if (!fips && !take(registry, ".dkr.ecr.")) return std::nullopt;
  const auto dot = registry.find('.');
  const std::string region(registry.substr(0, dot));
  if (dot == std::string_view::npos || region.empty() ||
      region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
    return std::nullopt;
  const std::string domain(registry.substr(dot));
  if (domain != ".amazonaws.com" && domain != ".amazonaws.com.cn") return std::nullopt;
  return EcrHost{region,
                 std::string("https://") + (fips ? "ecr-fips." : "api.ecr.") + region + domain};
}

Result<http::AwsKeys> aws_keys_of(const Owner& owner) {
  std::string profile = "default";
  if (owner.uid == ::geteuid()) {
    http::AwsKeys keys{variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"),
                       variable("AWS_SESSION_TOKEN")};
    if (!keys.empty()) return keys;
    if (const std::string named = variable("AWS_PROFILE"); !named.empty()) profile = named;
  }
  if (owner.home.empty()) return http::AwsKeys{};
  DRYDOCK_LET(const auto text, read_as_owner(owner, owner.home + "/.aws/credentials"));
  return text ? parse_aws_credentials(*text, profile) : http::AwsKeys{};
}

Result<registry::Credentials> ecr_login(const EcrHost& host, const http::AwsKeys& keys) {
  const std::string doing = "get a login from " + host.endpoint;
  auto url = registry::parse_url(host.endpoint);
  if (!url) return tl::unexpected(std::move(url.error()).in(doing));
  // They become headers.
  if (!is_header_text(keys.id) || !is_header_text(keys.session_token))
    return fail(Errc::kInvalid, doing + ": the AWS access key id or session token is malformed");
  registry::Transport transport;
  auto answer = transport.perform(signed_request(*url, host, keys), CancelFlag());
  if (!answer) return tl::unexpected(std::move(answer.error().error).in(doing));
  if (answer->status != 200) {
    Error error = registry::error_of_answer(*answer, doing);
    if (answer->status == 400) {  // how this service says that the keys are wrong
      error.code = Errc::kDenied;
      error.message += "; are the AWS credentials still valid?";
    }
    return tl::unexpected(std::move(error));
  }
  auto login = read_login(answer->body);
  if (!login) return tl::unexpected(std::move(login.error()).in(doing));
  return login;
}

}  // namespace drydock::images::credentials
