#include "api/sts.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "api/protocol.h"
#include "api/xml.h"
#include "base/ids.h"

namespace drydock::api {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr int kUsualLife = 3600;  // seconds
constexpr int kShortestLife = 900;
constexpr int kLongestLife = 43200;

http::Response result(const std::string& action, const std::string& body) {
  const std::string id = random_uuid();
  const std::string answer = action + "Response";
  return xml::reply(200,
                    "<" + answer + " xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" +
                        action + "Result>" + body + "</" + action + "Result><ResponseMetadata>" +
                        xml::element("RequestId", id) + "</ResponseMetadata></" + answer + ">\n",
                    id);
}

http::Response refusal(int status, const std::string& code, const std::string& message) {
  const std::string id = random_uuid();
  return xml::reply(status,
                    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>"
                    "<Type>Sender</Type>" +
                        xml::element("Code", code) + xml::element("Message", message) + "</Error>" +
                        xml::element("RequestId", id) + "</ErrorResponse>\n",
                    id);
}

// The parameters of a request: its form, or the query of a GET.
const std::string& parameters(const http::Request& request) {
  return request.method == "POST" ? request.body : request.query;
}

std::string parameter(const http::Request& request, std::string_view name) {
  return http::query_value(parameters(request), name).value_or("");
}

// Keys that nobody here made belong to the account itself.
metadata::Identity identity_of(const ApiContext& context, const control::Caller& caller) {
  if (context.local_keys != nullptr)
    if (auto known = context.local_keys->who(caller.access_key)) return std::move(*known);
  return {caller.account, "arn:aws:iam::" + caller.account + ":root", caller.account};
}

http::Response caller_identity(const ApiContext& context, const control::Caller& caller) {
  const auto who = identity_of(context, caller);
  return result("GetCallerIdentity", xml::element("Arn", who.arn) +
                                         xml::element("UserId", who.user_id) +
                                         xml::element("Account", who.account));
}

bool is_session_name(const std::string& text) {
  return text.size() >= 2 && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 ||
                  std::string_view("_+=,.@-").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

http::Response assume_role(const ApiContext& context, const http::Request& request) {
  const std::string role = parameter(request, "RoleArn");
  const std::string session = parameter(request, "RoleSessionName");
  const std::string asked = parameter(request, "DurationSeconds");
  int seconds = kUsualLife;
  if (!asked.empty()) {
    const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), seconds);
    if (error != std::errc{} || end != asked.data() + asked.size()) seconds = 0;
  }
  if (role.size() > 2048 || !metadata::role_name(role))
    return refusal(400, "ValidationError", role.substr(0, 200) + " is invalid");
  if (!is_session_name(session))
    return refusal(400, "ValidationError",
                   "Value '" + session.substr(0, 100) +
                       "' at 'roleSessionName' failed to satisfy constraint: 2 to 64 characters "
                       "of [\\w+=,.@-]");
  if (seconds < kShortestLife || seconds > kLongestLife)
    return refusal(400, "ValidationError",
                   "Value '" + asked.substr(0, 20) +
                       "' at 'durationSeconds' failed to satisfy constraint: 900 to 43200");
  if (context.local_keys == nullptr)
    return refusal(400, "AccessDenied", "This daemon gives no keys of roles");
  const auto keys = context.local_keys->mint(role, session, now() + std::chrono::seconds(seconds));
  const auto who = context.local_keys->who(keys.access_key).value_or(metadata::Identity{});
  const auto until = std::chrono::floor<std::chrono::seconds>(keys.expiration);
  return result("AssumeRole", "<AssumedRoleUser>" + xml::element("AssumedRoleId", who.user_id) +
                                  xml::element("Arn", who.arn) + "</AssumedRoleUser><Credentials>" +
                                  xml::element("AccessKeyId", keys.access_key) +
                                  xml::element("SecretAccessKey", keys.secret) +
                                  xml::element("SessionToken", keys.token) +
                                  xml::element("Expiration", rfc3339_short(until)) +
                                  "</Credentials>");
}

}  // namespace

bool is_sts(const http::Request& request) {
  if (!http::header(request.headers, "X-Amz-Target").empty()) return false;
  if (request.method == "POST")
    return http::header(request.headers, "Content-Type").substr(0, kForm.size()) == kForm;
  return request.method == "GET" && http::query_value(request.query, "Action").has_value();
}

http::Response sts_reply(const ApiContext& context, const http::Request& request) {
  const std::string action = parameter(request, "Action");
  const auto caller = caller_of(request.headers, context.defaults);
  if (action == "GetCallerIdentity") return caller_identity(context, caller);
  if (action == "AssumeRole") return assume_role(context, request);
  return refusal(400, "InvalidAction",
                 "Drydock's STS has GetCallerIdentity and AssumeRole, and not '" +
                     action.substr(0, 100) + "'");
}

}  // namespace drydock::api
