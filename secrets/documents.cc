#include "secrets/documents.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::secrets {
namespace {

constexpr std::pair<const char*, std::string Secret::*> kSecretTexts[] = {
    {"name", &Secret::name},
    {"arn", &Secret::arn},
    {"description", &Secret::description},
    {"kmsKeyId", &Secret::kms_key_id},
    {"policy", &Secret::policy}};
constexpr std::pair<const char*, Millis Secret::*> kSecretTimes[] = {
    {"created", &Secret::created},
    {"changed", &Secret::changed},
    {"accessed", &Secret::accessed},
    {"deleted", &Secret::deleted},
    {"purged", &Secret::purged}};
constexpr std::pair<const char*, std::string ParameterVersion::*> kParameterTexts[] = {
    {"type", &ParameterVersion::type},
    {"value", &ParameterVersion::value},
    {"description", &ParameterVersion::description},
    {"keyId", &ParameterVersion::key_id},
    {"allowedPattern", &ParameterVersion::allowed_pattern},
    {"tier", &ParameterVersion::tier},
    {"dataType", &ParameterVersion::data_type},
    {"policies", &ParameterVersion::policies}};

const Json& list(const Json& object, const char* member) {
  static const Json kNone = Json::array();
  const Json* found = json_find(object, member);
  return found && found->is_array() ? *found : kNone;
}

std::vector<std::string> strings(const Json& object, const char* member) {
  std::vector<std::string> out;
  for (const Json& one : list(object, member))
    if (one.is_string()) out.push_back(one.get<std::string>());
  return out;
}

std::optional<std::string> text(const Json& object, const char* member) {
  const Json* found = json_find(object, member);
  if (!found || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

void put_common(Json& out, const Place& place, const TagList& tags) {
  out["region"] = place.region;
  out["account"] = place.account;
  out["tags"] = Json::array();
  for (const auto& [key, value] : tags) out["tags"].push_back({{"key", key}, {"value", value}});
}

void take_common(const Json& document, Place& place, TagList& tags) {
  place = {json_string(document, "region"), json_string(document, "account")};
  for (const Json& tag : list(document, "tags"))
    tags.emplace_back(json_string(tag, "key"), json_string(tag, "value"));
}

}  // namespace

const SecretVersion* Secret::staged(std::string_view stage) const {
  for (const SecretVersion& one : versions)
    if (std::find(one.stages.begin(), one.stages.end(), stage) != one.stages.end()) return &one;
  return nullptr;
}

const SecretVersion* Secret::version(std::string_view id) const {
  for (const SecretVersion& one : versions)
    if (one.id == id) return &one;
  return nullptr;
}

const ParameterVersion* Parameter::selected(std::string_view selector) const {
  for (const ParameterVersion& one : versions)
    if (std::to_string(one.number) == selector ||
        std::find(one.labels.begin(), one.labels.end(), selector) != one.labels.end())
      return &one;
  return nullptr;
}

std::string Parameter::arn() const {
  return "arn:aws:ssm:" + place.region + ":" + place.account + ":parameter" +
         (name.starts_with('/') ? "" : "/") + name;
}

Json secret_json(const Secret& secret) {
  Json out = Json::object();
  for (const auto& [name, member] : kSecretTexts) out[name] = secret.*member;
  for (const auto& [name, member] : kSecretTimes) out[name] = secret.*member;
  put_common(out, secret.place, secret.tags);
  out["versions"] = Json::array();
  for (const SecretVersion& one : secret.versions) {
    Json version = {{"id", one.id},
                    {"stages", one.stages},
                    {"created", one.created},
                    {"accessed", one.accessed}};
    if (one.text) version["text"] = *one.text;
    if (one.binary) version["binary"] = *one.binary;
    out["versions"].push_back(std::move(version));
  }
  return out;
}

Result<Secret> secret_of_json(const Json& document) {
  Secret out;
  for (const auto& [name, member] : kSecretTexts) out.*member = json_string(document, name);
  for (const auto& [name, member] : kSecretTimes) out.*member = json_int(document, name);
  take_common(document, out.place, out.tags);
  for (const Json& one : list(document, "versions"))
    out.versions.push_back({json_string(one, "id"), text(one, "text"), text(one, "binary"),
                            strings(one, "stages"), json_int(one, "created"),
                            json_int(one, "accessed")});
  if (out.name.empty() || out.arn.empty() || out.place.region.empty())
    return fail(Errc::kInvalid, "it is no secret");
  return out;
}

Json parameter_json(const Parameter& parameter) {
  Json out = {{"name", parameter.name}};
  put_common(out, parameter.place, parameter.tags);
  out["versions"] = Json::array();
  for (const ParameterVersion& one : parameter.versions) {
    Json version = {{"number", one.number}, {"labels", one.labels}, {"modified", one.modified}};
    for (const auto& [name, member] : kParameterTexts) version[name] = one.*member;
    out["versions"].push_back(std::move(version));
  }
  return out;
}

Result<Parameter> parameter_of_json(const Json& document) {
  Parameter out;
  out.name = json_string(document, "name");
  take_common(document, out.place, out.tags);
  for (const Json& one : list(document, "versions")) {
    ParameterVersion version;
    version.number = static_cast<int>(json_int(one, "number"));
    version.labels = strings(one, "labels");
    version.modified = json_int(one, "modified");
    for (const auto& [name, member] : kParameterTexts) version.*member = json_string(one, name);
    out.versions.push_back(std::move(version));
  }
  if (out.name.empty() || out.versions.empty() || out.place.region.empty())
    return fail(Errc::kInvalid, "it is no parameter");
  return out;
}

std::string document_key(const Place& place, std::string_view name) {
  return place.region + "/" + place.account + "/" + std::string(name);
}

}  // namespace drydock::secrets
