#include <nlohmann/json.hpp>

#include "api/vault/operation.h"
#include "api/vault/random_password.h"
#include "api/vault/secret_versions.h"

// Secrets Manager: labels, tags, and the end of secrets.
namespace drydock::api::vault {
namespace {

using control::refuse;
using secrets::Contents;
using secrets::Secret;
using secrets::SecretPtr;

constexpr secrets::Millis kDay = 24LL * 60 * 60 * 1000;
constexpr long long kLongestWindow = 30, kShortestWindow = 7;

// A change of one secret that answers with its ARN and name.
Answer<Json> change_one(const Call& call, const Json& in, bool deleted_too,
                        const std::function<Answer<bool>(Secret&)>& change) {
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    DRYDOCK_LET(const SecretPtr there, secret_of(call, contents, in, deleted_too));
    Secret secret = *there;
    DRYDOCK_TRY(change(secret));
    Json out = {{"ARN", secret.arn}, {"Name", secret.name}};
    contents.put(std::move(secret));
    return out;
  });
}

Answer<Json> nothing(const Answer<Json>& done) {
  if (!done) return tl::unexpected(done.error());
  return Json::object();
}

Answer<Json> move_label(const Call& call, const Json& in) {
  return change_one(call, in, false, [&](Secret& secret) -> Answer<bool> {
    secret.changed = call.now;
    return move_stage(secret, json_string(in, "VersionStage"),
                      json_string(in, "RemoveFromVersionId"), json_string(in, "MoveToVersionId"));
  });
}

Answer<Json> remove_now(const Call& call, const Json& in) {
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    const auto found = secret_of(call, contents, in, true);
    const std::string id = json_string(in, "SecretId");
    if (!found)  // to remove what is not there is no error
      return Json{{"ARN", id.starts_with("arn:") ? id
                                                 : "arn:aws:secretsmanager:" + call.place.region +
                                                       ":" + call.place.account + ":secret:" + id},
                  {"Name", id},
                  {"DeletionDate", seconds(call.now)}};
    const SecretPtr& secret = *found;
    contents.drop(*secret);
    return Json{{"ARN", secret->arn}, {"Name", secret->name}, {"DeletionDate", seconds(call.now)}};
  });
}

Answer<Json> remove(const Call& call, const Json& in) {
  const bool force = json_bool(in, "ForceDeleteWithoutRecovery");
  const bool windowed = json_find(in, "RecoveryWindowInDays") != nullptr;
  const long long days = json_int(in, "RecoveryWindowInDays", kLongestWindow);
  if (force && windowed)
    return refuse("InvalidParameterException",
                  "You can't use ForceDeleteWithoutRecovery in conjunction with "
                  "RecoveryWindowInDays.");
  if (days < kShortestWindow || days > kLongestWindow)
    return refuse("InvalidParameterException",
                  "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  if (force) return remove_now(call, in);
  secrets::Millis until = 0;
  auto out = change_one(call, in, true, [&](Secret& secret) -> Answer<bool> {
    if (secret.deleted != 0)
      return refuse("InvalidRequestException",
                    "You tried to perform the operation on a secret that's currently marked "
                    "deleted.");
    secret.deleted = call.now;
    secret.purged = until = call.now + days * kDay;
    return true;
  });
  if (out) (*out)["DeletionDate"] = seconds(until);
  return out;
}

Answer<Json> restore(const Call& call, const Json& in) {
  return change_one(call, in, true, [](Secret& secret) -> Answer<bool> {
    secret.deleted = secret.purged = 0;
    return true;
  });
}

Answer<Json> tag(const Call& call, const Json& in) {
  return nothing(change_one(call, in, false, [&](Secret& secret) {
    return add_tags(secret.tags, json_find(in, "Tags"), "InvalidParameterException");
  }));
}

Answer<Json> untag(const Call& call, const Json& in) {
  return nothing(change_one(call, in, false, [&](Secret& secret) -> Answer<bool> {
    remove_tags(secret.tags, in["TagKeys"]);
    return true;
  }));
}

Answer<Json> get_random_password(const Call&, const Json& in) {
  PasswordRules rules;
  rules.length = json_int(in, "PasswordLength", rules.length);
  rules.excluded = json_string(in, "ExcludeCharacters");
  rules.lower = !json_bool(in, "ExcludeLowercase");
  rules.upper = !json_bool(in, "ExcludeUppercase");
  rules.digits = !json_bool(in, "ExcludeNumbers");
  rules.punctuation = !json_bool(in, "ExcludePunctuation");
  rules.space = json_bool(in, "IncludeSpace");
  rules.each = json_bool(in, "RequireEachIncludedType", true);
  DRYDOCK_LET(std::string password, random_password(rules));
  return Json{{"RandomPassword", std::move(password)}};
}

}  // namespace

std::vector<Operation> secret_life_operations() {
  return {{"UpdateSecretVersionStage", "SecretId VersionStage",
           "SecretId: str, VersionStage: str, RemoveFromVersionId: str, MoveToVersionId: str",
           move_label},
          {"DeleteSecret", "SecretId",
           "SecretId: str, RecoveryWindowInDays: long, ForceDeleteWithoutRecovery: bool", remove},
          {"RestoreSecret", "SecretId", "SecretId: str", restore},
          {"TagResource", "SecretId Tags", "SecretId: str, Tags: [AwsTag]", tag},
          {"UntagResource", "SecretId TagKeys", "SecretId: str, TagKeys: [str]", untag},
          {"GetRandomPassword", "",
           "PasswordLength: long, ExcludeCharacters: str, ExcludeNumbers: bool, "
           "ExcludePunctuation: bool, ExcludeUppercase: bool, ExcludeLowercase: bool, "
           "IncludeSpace: bool, RequireEachIncludedType: bool",
           get_random_password}};
}

}  // namespace drydock::api::vault
