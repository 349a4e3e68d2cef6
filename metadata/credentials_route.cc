#include "metadata/credentials_route.h"

#include <nlohmann/json.hpp>

#include "metadata/answers.h"

namespace drydock::metadata {
namespace {

http::Response error(int status, const char* code, const std::string& message) {
  Json body;
  body["code"] = code;
  body["message"] = message;
  body["HTTPErrorCode"] = status;
  return json_answer(status, body);
}

}  // namespace

http::Response credentials_route(int version, const std::string& id, const CredentialsOf& find) {
  const std::string prefix = "CredentialsV" + std::to_string(version) + "Request: ";
  if (id.empty()) return error(400, "NoIdInRequest", prefix + "No Credential ID in the request");
  const auto found = find ? find(id) : CredentialsLookup{};
  if (std::holds_alternative<UnknownCredentials>(found))
    return error(400, "InvalidIdInRequest", prefix + "Credentials not found");
  const auto* const keys = std::get_if<RoleCredentials>(&found);
  if (keys == nullptr)
    return error(503, "CredentialsUninitialized", prefix + "Credentials uninitialized for ID");
  Json body;
  body["RoleArn"] = keys->role_arn;
  body["AccessKeyId"] = keys->access_key;
  body["SecretAccessKey"] = keys->secret;
  body["Token"] = keys->token;
  body["Expiration"] = rfc3339_short(std::chrono::floor<std::chrono::seconds>(keys->expiration));
  return json_answer(200, body);
}

}  // namespace drydock::metadata
