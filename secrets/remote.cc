#include "secrets/remote.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace drydock::secrets {
namespace {

constexpr std::size_t kBatch = 10;  // GetParameters takes no more names

http::AwsEndpoint endpoint_of(const Remote& remote, const char* service,
                              const std::string& region) {
  return remote.endpoint.empty() ? http::aws_endpoint(service, region)
                                 : http::aws_endpoint_at(remote.endpoint, service, region);
}

std::string refusal(const http::AwsAnswer& answer, const std::string& endpoint) {
  const std::string code =
      answer.code.empty() ? "HTTP " + std::to_string(answer.status) : answer.code;
  return code + ": " + (answer.message.empty() ? "no more is said" : answer.message) +
         " status code: " + std::to_string(answer.status) + " (" + endpoint + ")";
}

}  // namespace

Told read_secret_answer(const http::AwsAnswer& answer, const std::string& endpoint) {
  if (answer.status != 200)
    return {{}, refusal(answer, endpoint), answer.code == "ResourceNotFoundException"};
  const auto body = parse_json(answer.body);
  const Json* text = body && body->is_object() ? json_find(*body, "SecretString") : nullptr;
  if (!text || !text->is_string())
    return {{}, "the secret has no SecretString (" + endpoint + ")", false};
  return {text->get<std::string>(), {}, false};
}

void read_parameters_answer(const http::AwsAnswer& answer, const std::string& endpoint,
                            const std::vector<std::string>& names,
                            std::map<std::string, Told>& told) {
  const auto body = answer.status == 200 ? parse_json(answer.body) : Result<Json>(Json());
  const Json* list = body && body->is_object() ? json_find(*body, "Parameters") : nullptr;
  for (const std::string& name : names) {
    if (answer.status != 200)
      told[name] = {{}, refusal(answer, endpoint), false};
    else
      told[name] = {{}, "ParameterNotFound (" + endpoint + ")", true};
  }
  if (!list || !list->is_array()) return;
  for (const Json& one : *list) {
    const Json* value = one.is_object() ? json_find(one, "Value") : nullptr;
    if (!value || !value->is_string()) continue;
    // A selector comes back in a member of its own.
    for (const std::string& name : {json_string(one, "Name") + json_string(one, "Selector"),
                                    json_string(one, "Name"), json_string(one, "ARN")})
      if (const auto at = told.find(name); at != told.end())
        at->second = {value->get<std::string>(), {}, false};
  }
}

Told ask_secret(const Remote& remote, const std::string& region, const ValueFrom& secret) {
  const http::AwsEndpoint endpoint = endpoint_of(remote, "secretsmanager", region);
  Json input = {{"SecretId", secret.id}};
  if (!secret.version_stage.empty()) input["VersionStage"] = secret.version_stage;
  if (!secret.version_id.empty()) input["VersionId"] = secret.version_id;
  auto answer = http::aws_json_call(endpoint, remote.keys, "secretsmanager.GetSecretValue",
                                    dump_json(input), {std::chrono::seconds(30), remote.cancelled});
  if (!answer) return {{}, answer.error().message, false};
  return read_secret_answer(*answer, endpoint.url);
}

std::map<std::string, Told> ask_parameters(const Remote& remote, const std::string& region,
                                           const std::vector<std::string>& names) {
  const http::AwsEndpoint endpoint = endpoint_of(remote, "ssm", region);
  std::map<std::string, Told> told;
  for (std::size_t from = 0; from < names.size(); from += kBatch) {
    const std::vector<std::string> some(
        names.begin() + static_cast<std::ptrdiff_t>(from),
        names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), from + kBatch)));
    auto answer = http::aws_json_call(endpoint, remote.keys, "AmazonSSM.GetParameters",
                                      dump_json({{"Names", some}, {"WithDecryption", true}}),
                                      {std::chrono::seconds(30), remote.cancelled});
    if (answer) {
      read_parameters_answer(*answer, endpoint.url, some, told);
      continue;
    }
    for (const std::string& name : some) told[name] = {{}, answer.error().message, false};
  }
  return told;
}

}  // namespace drydock::secrets
