#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/vault/operation.h"
#include "api/vault/secret_filter.h"

// Secrets Manager: what there is.
namespace drydock::api::vault {
namespace {

using secrets::Contents;
using secrets::Secret;
using secrets::SecretPtr;
using secrets::SecretVersion;

constexpr long long kMostSecrets = 100;

// DescribeSecret and the entries of ListSecrets, which name one member differently.
Json described(const Secret& secret, const char* stages) {
  Json out = {{"ARN", secret.arn}, {"Name", secret.name}};
  if (!secret.description.empty()) out["Description"] = secret.description;
  if (!secret.kms_key_id.empty()) out["KmsKeyId"] = secret.kms_key_id;
  out["LastChangedDate"] = seconds(secret.changed);
  if (secret.accessed != 0) out["LastAccessedDate"] = seconds(secret.accessed);
  if (secret.deleted != 0) out["DeletedDate"] = seconds(secret.deleted);
  if (!secret.tags.empty()) out["Tags"] = tags_json(secret.tags);
  for (const SecretVersion& one : secret.versions)
    if (!one.stages.empty()) out[stages][one.id] = one.stages;
  out["CreatedDate"] = seconds(secret.created);
  return out;
}

Answer<Json> describe(const Call& call, const Json& in) {
  return call.vault.read([&](const Contents& contents) -> Answer<Json> {
    DRYDOCK_LET(const SecretPtr secret, secret_of(call, contents, in, true));
    return described(*secret, "VersionIdsToStages");
  });
}

Answer<Json> list(const Call& call, const Json& in) {
  DRYDOCK_LET(const SecretFilter filter, SecretFilter::parse(in));
  auto found = call.vault.read([&](const Contents& contents) {
    return filter.select(contents, call.place, call.now, json_bool(in, "IncludePlannedDeletion"));
  });
  // The newest first, unless it is said otherwise.
  std::stable_sort(found.begin(), found.end(),
                   [](const SecretPtr& a, const SecretPtr& b) { return a->created > b->created; });
  if (json_string(in, "SortOrder") == "asc") std::reverse(found.begin(), found.end());
  Items items;
  for (const SecretPtr& one : found)
    items.emplace_back(one->arn, described(*one, "SecretVersionsToStages"));
  return paged(in, {"SecretList", kMostSecrets, "InvalidNextTokenException"}, items);
}

Answer<Json> list_versions(const Call& call, const Json& in) {
  const auto found = call.vault.read(
      [&](const Contents& contents) { return secret_of(call, contents, in, true); });
  if (!found) return tl::unexpected(found.error());
  const Secret& secret = **found;
  const bool deprecated = json_bool(in, "IncludeDeprecated");
  Items items;
  for (auto one = secret.versions.rbegin(); one != secret.versions.rend(); ++one) {
    if (one->stages.empty() && !deprecated) continue;
    Json version = {{"VersionId", one->id}, {"CreatedDate", seconds(one->created)}};
    if (!one->stages.empty()) version["VersionStages"] = one->stages;
    if (one->accessed != 0) version["LastAccessedDate"] = seconds(one->accessed);
    version["KmsKeyIds"] = {secret.kms_key_id.empty() ? "DefaultEncryptionKey" : secret.kms_key_id};
    items.emplace_back(one->id, std::move(version));
  }
  return paged(in, {"Versions", kMostSecrets, "InvalidNextTokenException"}, items,
               {{"ARN", secret.arn}, {"Name", secret.name}});
}

}  // namespace

std::vector<Operation> secret_list_operations() {
  return {
      {"DescribeSecret", "SecretId", "SecretId: str", describe},
      {"ListSecrets", "",
       "IncludePlannedDeletion: bool, MaxResults: int, NextToken: str, Filters: "
       "[KeyFilter], SortOrder: enum SortOrderType, SortBy: enum SortByType",
       list},
      {"ListSecretVersionIds", "SecretId",
       "SecretId: str, MaxResults: int, NextToken: str, IncludeDeprecated: bool", list_versions}};
}

}  // namespace drydock::api::vault
