#include <nlohmann/json.hpp>

#include "api/vault/operation.h"

// Secrets Manager: resource policies. They are kept and shown; nobody is refused by them.
namespace drydock::api::vault {
namespace {

using secrets::Contents;
using secrets::Secret;
using secrets::SecretPtr;

constexpr std::size_t kLargestPolicy = 20480;

Answer<Json> policy_of(const Json& in) {
  const std::string text = json_string(in, "ResourcePolicy");
  auto policy = parse_json(text);
  if (text.size() > kLargestPolicy || !policy || !policy->is_object() ||
      !policy->contains("Statement"))
    return control::refuse("MalformedPolicyDocumentException",
                           "This resource policy contains invalid Json");
  return policy.value();
}

Answer<Json> set_policy(const Call& call, const Json& in, const std::string& policy) {
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    DRYDOCK_LET(const SecretPtr there, secret_of(call, contents, in));
    Secret secret = *there;
    secret.policy = policy;
    Json out = {{"ARN", secret.arn}, {"Name", secret.name}};
    contents.put(std::move(secret));
    return out;
  });
}

Answer<Json> get(const Call& call, const Json& in) {
  return call.vault.read([&](const Contents& contents) -> Answer<Json> {
    DRYDOCK_LET(const SecretPtr secret, secret_of(call, contents, in));
    Json out = {{"ARN", secret->arn}, {"Name", secret->name}};
    if (!secret->policy.empty()) out["ResourcePolicy"] = secret->policy;
    return out;
  });
}

Answer<Json> put(const Call& call, const Json& in) {
  DRYDOCK_TRY(policy_of(in));
  return set_policy(call, in, json_string(in, "ResourcePolicy"));
}

Answer<Json> remove(const Call& call, const Json& in) { return set_policy(call, in, ""); }

Answer<Json> validate(const Call&, const Json& in) {
  const auto policy = policy_of(in);
  Json out = {{"PolicyValidationPassed", policy.has_value()}, {"ValidationErrors", Json::array()}};
  if (!policy)
    out["ValidationErrors"].push_back(
        {{"CheckName", "JSON"}, {"ErrorMessage", policy.error().message}});
  return out;
}

}  // namespace

std::vector<Operation> secret_policy_operations() {
  return {
      {"GetResourcePolicy", "SecretId", "SecretId: str", get},
      {"PutResourcePolicy", "SecretId ResourcePolicy",
       "SecretId: str, ResourcePolicy: str, BlockPublicPolicy: bool", put},
      {"DeleteResourcePolicy", "SecretId", "SecretId: str", remove},
      {"ValidateResourcePolicy", "ResourcePolicy", "SecretId: str, ResourcePolicy: str", validate}};
}

}  // namespace drydock::api::vault
