#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

// What the vault keeps: the secrets of Secrets Manager and the parameters of Parameter Store.
// Values that are replaced as a whole.
namespace drydock::secrets {

// Regions and accounts know nothing of one another.
struct Place {
  std::string region;
  std::string account;
  bool operator==(const Place&) const = default;
};

using TagList = std::vector<std::pair<std::string, std::string>>;  // in the order they were given
using Millis = std::int64_t;                                       // since 1970; 0: never

struct SecretVersion {
  std::string id;
  std::optional<std::string> text;    // SecretString
  std::optional<std::string> binary;  // SecretBinary, in base64
  std::vector<std::string> stages;    // AWSCURRENT ...; none: the version is deprecated
  Millis created = 0, accessed = 0;
  bool operator==(const SecretVersion&) const = default;
};

struct Secret {
  Place place;
  std::string name, arn, description, kms_key_id, policy;
  TagList tags;
  std::vector<SecretVersion> versions;  // oldest first
  Millis created = 0, changed = 0, accessed = 0;
  Millis deleted = 0, purged = 0;  // when it was deleted, and when it is to vanish
  bool operator==(const Secret&) const = default;

  // The version with that label, or that id; nullptr.
  const SecretVersion* staged(std::string_view stage) const;
  const SecretVersion* version(std::string_view id) const;
};
using SecretPtr = std::shared_ptr<const Secret>;

struct ParameterVersion {
  int number = 1;
  std::string type, value, description, key_id, allowed_pattern, tier, data_type, policies;
  std::vector<std::string> labels;
  Millis modified = 0;
  bool operator==(const ParameterVersion&) const = default;
};

struct Parameter {
  Place place;
  std::string name;
  TagList tags;
  std::vector<ParameterVersion> versions;  // oldest first, never empty
  bool operator==(const Parameter&) const = default;

  const ParameterVersion& newest() const { return versions.back(); }
  // Behind a selector: a number or a label; nullptr.
  const ParameterVersion* selected(std::string_view selector) const;
  std::string arn() const;
};
using ParameterPtr = std::shared_ptr<const Parameter>;

Json secret_json(const Secret& secret);
Result<Secret> secret_of_json(const Json& document);
Json parameter_json(const Parameter& parameter);
Result<Parameter> parameter_of_json(const Json& document);

// By region, account and name: sorts the things of a place together.
std::string document_key(const Place& place, std::string_view name);

}  // namespace drydock::secrets
