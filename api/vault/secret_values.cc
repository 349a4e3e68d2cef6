#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/vault/operation.h"
#include "api/vault/secret_filter.h"
#include "api/vault/secret_versions.h"
#include "base/base64.h"
#include "base/ids.h"

// Secrets Manager: making secrets, and their values.
namespace drydock::api::vault {
namespace {

using control::refuse;
using secrets::Contents;
using secrets::Secret;
using secrets::SecretPtr;
using secrets::SecretVersion;

constexpr std::size_t kLargestValue = 65536;
constexpr long long kBatch = 20;
constexpr secrets::Millis kDay = 24LL * 60 * 60 * 1000;

Answer<bool> check_name(const std::string& name) {
  const bool fits = !name.empty() && name.size() <= 512 &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return c < 0x80 && (std::isalnum(c) != 0 ||
                                          std::string_view("/_+=.@!-").find(static_cast<char>(c)) !=
                                              std::string_view::npos);
                    });
  if (fits) return true;
  return refuse("ValidationException",
                "Invalid name. Must be a valid name containing alphanumeric characters, or any of "
                "the following: -/_+=.@!");
}

// The value of an input, with or without one.
Answer<std::optional<NewValue>> value_of(const Json& in) {
  NewValue value;
  value.token = json_string(in, "ClientRequestToken");
  if (value.token.empty()) value.token = random_uuid();
  if (value.token.size() < 32 || value.token.size() > 64)
    return refuse("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.");
  if (json_find(in, "SecretString")) value.text = json_string(in, "SecretString");
  if (json_find(in, "SecretBinary")) value.binary = json_string(in, "SecretBinary");
  if (value.text && value.binary)
    return refuse("InvalidParameterException",
                  "You can't specify both a binary secret value and a string secret value in the "
                  "same secret.");
  if (!value.text && !value.binary) return std::optional<NewValue>();
  std::size_t size = value.text ? value.text->size() : 0;
  if (value.binary) {
    const auto bytes = decode_base64(*value.binary);
    if (!bytes) return refuse("SerializationException", "SecretBinary is not base64");
    size = bytes->size();
  }
  if (size < 1 || size > kLargestValue)
    return refuse("ValidationException",
                  "The secret value must contain between 1 and 65536 bytes, and has " +
                      std::to_string(size) + ".");
  return std::optional<NewValue>(std::move(value));
}

std::string new_suffix() {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const std::string hex = random_hex(12);
  std::string out;
  for (std::size_t i = 0; i < 6; ++i)
    out += kLetters[static_cast<std::size_t>(std::stoul(hex.substr(4 * i, 4), nullptr, 16)) %
                    kLetters.size()];
  return out;
}

Json named(const Secret& secret) { return {{"ARN", secret.arn}, {"Name", secret.name}}; }

Answer<Json> create(const Call& call, const Json& in) {
  const std::string name = json_string(in, "Name");
  DRYDOCK_TRY(check_name(name));
  DRYDOCK_LET(const auto value, value_of(in));
  if (const Json* regions = json_find(in, "AddReplicaRegions"); regions && !regions->empty())
    return refuse("InvalidParameterException",
                  "Drydock does not replicate secrets: leave AddReplicaRegions out.");
  Secret secret;
  secret.place = call.place;
  secret.name = name;
  secret.arn = "arn:aws:secretsmanager:" + call.place.region + ":" + call.place.account +
               ":secret:" + name + "-" + new_suffix();
  secret.description = json_string(in, "Description");
  secret.kms_key_id = json_string(in, "KmsKeyId");
  secret.created = secret.changed = call.now;
  DRYDOCK_TRY(add_tags(secret.tags, json_find(in, "Tags"), "InvalidParameterException"));
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    const SecretPtr there = contents.secret(call.place, name);
    if (there && (there->purged == 0 || there->purged > call.now)) {
      if (there->deleted != 0)
        return refuse("InvalidRequestException",
                      "You can't create this secret because a secret with this name is already "
                      "scheduled for deletion.");
      // The same call again, whose answer was lost.
      const SecretVersion* same = value ? there->version(value->token) : nullptr;
      if (!same || same->text != value->text || same->binary != value->binary)
        return refuse("ResourceExistsException",
                      "The operation failed because the secret " + name + " already exists.");
      Json out = named(*there);
      out["VersionId"] = same->id;
      return out;
    }
    if (value) DRYDOCK_TRY(add_version(secret, *value, call.now));
    Json out = named(secret);
    if (value) out["VersionId"] = value->token;
    contents.put(std::move(secret));
    return out;
  });
}

Answer<Json> put_value(const Call& call, const Json& in) {
  DRYDOCK_LET(auto value, value_of(in));
  if (!value)
    return refuse("InvalidRequestException",
                  "You must provide either SecretString or SecretBinary.");
  value->stages = strings(in, "VersionStages");
  if (value->stages.empty()) value->stages = {std::string(kCurrent)};
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    DRYDOCK_LET(const SecretPtr there, secret_of(call, contents, in));
    Secret secret = *there;
    DRYDOCK_TRY(add_version(secret, *value, call.now));
    Json out = named(secret);
    out["VersionId"] = value->token;
    out["VersionStages"] = secret.version(value->token)->stages;
    contents.put(std::move(secret));
    return out;
  });
}

Answer<Json> update(const Call& call, const Json& in) {
  DRYDOCK_LET(auto value, value_of(in));
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    DRYDOCK_LET(const SecretPtr there, secret_of(call, contents, in));
    Secret secret = *there;
    if (json_find(in, "Description")) secret.description = json_string(in, "Description");
    if (json_find(in, "KmsKeyId")) secret.kms_key_id = json_string(in, "KmsKeyId");
    secret.changed = call.now;
    Json out = named(secret);
    if (value) {
      value->stages = {std::string(kCurrent)};
      DRYDOCK_TRY(add_version(secret, *value, call.now));
      out["VersionId"] = value->token;
    }
    contents.put(std::move(secret));
    return out;
  });
}

Answer<const SecretVersion*> wanted_version(const Secret& secret, const Json& in) {
  const std::string id = json_string(in, "VersionId");
  const std::string stage = json_string(in, "VersionStage", id.empty() ? "AWSCURRENT" : "");
  const SecretVersion* version = id.empty() ? secret.staged(stage) : secret.version(id);
  if (!version)
    return refuse("ResourceNotFoundException",
                  "Secrets Manager can't find the specified secret value for " +
                      (id.empty() ? "staging label: " + stage : "VersionId: " + id));
  if (!id.empty() && !stage.empty() && secret.staged(stage) != version)
    return refuse("InvalidRequestException",
                  "You provided a VersionStage that is not associated to the provided VersionId.");
  return version;
}

Json value_json(const Secret& secret, const SecretVersion& version) {
  Json out = named(secret);
  out["VersionId"] = version.id;
  if (version.text) out["SecretString"] = *version.text;
  if (version.binary) out["SecretBinary"] = *version.binary;
  out["VersionStages"] = version.stages;
  out["CreatedDate"] = seconds(version.created);
  return out;
}

// Days are all that LastAccessedDate tells, so it is written once a day.
void note_access(Contents& contents, const Secret& there, const std::string& version_id,
                 secrets::Millis now) {
  const secrets::Millis today = now - now % kDay;
  const SecretVersion* read = there.version(version_id);
  if (there.accessed == today && read && read->accessed == today) return;
  Secret secret = there;
  secret.accessed = today;
  for (SecretVersion& one : secret.versions)
    if (one.id == version_id) one.accessed = today;
  contents.put(std::move(secret));
}

Answer<Json> read_value(const Call& call, Contents& contents, const Json& in) {
  DRYDOCK_LET(const SecretPtr secret, secret_of(call, contents, in));
  DRYDOCK_LET(const SecretVersion* version, wanted_version(*secret, in));
  note_access(contents, *secret, version->id, call.now);
  return value_json(*secret, *version);
}

Answer<Json> get_value(const Call& call, const Json& in) {
  return changed(call, [&](Contents& contents) { return read_value(call, contents, in); });
}

Answer<Json> batch_get(const Call& call, const Json& in) {
  std::vector<std::string> ids = strings(in, "SecretIdList");
  if (ids.empty() == (json_find(in, "Filters") == nullptr))
    return refuse("InvalidParameterException",
                  "Either SecretIdList or Filters must be provided, but not both.");
  if (ids.size() > static_cast<std::size_t>(kBatch))
    return refuse(
        "InvalidParameterException",
        "SecretIdList must have at most 20 secrets, and has " + std::to_string(ids.size()) + ".");
  Json out = {{"SecretValues", Json::array()}, {"Errors", Json::array()}};
  if (ids.empty()) {
    DRYDOCK_LET(const SecretFilter filter, SecretFilter::parse(in));
    Items items;
    for (const SecretPtr& secret : call.vault.read([&](const Contents& contents) {
           return filter.select(contents, call.place, call.now, false);
         }))
      if (secret->staged(kCurrent)) items.emplace_back(secret->arn, secret->arn);
    DRYDOCK_LET(Json page, paged(in, {"arns", kBatch, "InvalidNextTokenException"}, items));
    ids = strings(page, "arns");
    if (page.contains("NextToken")) out["NextToken"] = page["NextToken"];
  }
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    for (const std::string& id : ids) {
      auto value = read_value(call, contents, {{"SecretId", id}});
      if (value)
        out["SecretValues"].push_back(std::move(*value));
      else
        out["Errors"].push_back({{"SecretId", id},
                                 {"ErrorCode", value.error().code},
                                 {"Message", value.error().message}});
    }
    return out;
  });
}

}  // namespace

std::vector<Operation> secret_value_operations() {
  return {
      {"CreateSecret", "Name",
       "Name: str, ClientRequestToken: str, Description: str, KmsKeyId: str, SecretBinary: "
       "str, SecretString: str, Tags: [AwsTag], AddReplicaRegions: [ReplicaRegion], "
       "ForceOverwriteReplicaSecret: bool",
       create},
      {"PutSecretValue", "SecretId",
       "SecretId: str, ClientRequestToken: str, SecretBinary: str, SecretString: str, "
       "VersionStages: [str], RotationToken: str",
       put_value},
      {"UpdateSecret", "SecretId",
       "SecretId: str, ClientRequestToken: str, Description: str, KmsKeyId: str, SecretBinary: "
       "str, SecretString: str",
       update},
      {"GetSecretValue", "SecretId", "SecretId: str, VersionId: str, VersionStage: str", get_value},
      {"BatchGetSecretValue", "",
       "SecretIdList: [str], Filters: [KeyFilter], MaxResults: int, NextToken: str", batch_get}};
}

}  // namespace drydock::api::vault
