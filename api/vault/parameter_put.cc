#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/vault/parameters.h"

// Parameter Store: writing and removing parameters.
namespace drydock::api::vault {
namespace {

using control::refuse;
using secrets::Contents;
using secrets::Parameter;
using secrets::ParameterPtr;
using secrets::ParameterVersion;

constexpr std::size_t kStandard = 4096, kAdvanced = 8192;
constexpr std::size_t kMostVersions = 100;
constexpr std::size_t kMostNames = 10;

// Standard, Advanced or Intelligent-Tiering as asked for; what it was before; and the value.
Answer<std::string> tier_of(const std::string& asked, const std::string& before,
                            const ParameterVersion& version) {
  if (!asked.empty() && asked != "Standard" && asked != "Advanced" &&
      asked != "Intelligent-Tiering")
    return refuse("ValidationException",
                  "1 validation error detected: Value '" + asked.substr(0, 100) +
                      "' at 'tier' failed to satisfy constraint: Member must satisfy enum value "
                      "set: [Standard, Advanced, Intelligent-Tiering]");
  const bool large = version.value.size() > kStandard || !version.policies.empty();
  if (version.value.size() > kAdvanced)
    return refuse("ValidationException",
                  "Advanced tier parameters support a maximum parameter value of 8192 characters.");
  if (asked == "Standard" && before == "Advanced")
    return refuse(
        "ValidationException",
        "This parameter uses the advanced-parameter tier. You can't downgrade a parameter "
        "from the advanced-parameter tier to the standard-parameter tier. If necessary, "
        "you can delete the advanced parameter and recreate it as a standard parameter.");
  if (asked == "Advanced" || before == "Advanced") return std::string("Advanced");
  if (asked == "Intelligent-Tiering") return std::string(large ? "Advanced" : "Standard");
  if (!large) return std::string("Standard");
  if (version.policies.empty())
    return refuse("ValidationException",
                  "Standard tier parameters support a maximum parameter value of 4096 characters. "
                  "To create a larger parameter value, upgrade the parameter to use the "
                  "advanced-parameter tier. For more information, see "
                  "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
                  "parameter-store-advanced-parameters.html");
  return refuse("ValidationException",
                "Parameter policies are for parameters of the advanced-parameter tier.");
}

Answer<bool> check_value(const ParameterVersion& version) {
  if (version.value.empty())
    return refuse("ValidationException",
                  "1 validation error detected: Value '' at 'value' failed to satisfy constraint: "
                  "Member must have length greater than or equal to 1.");
  if (version.type != "String" && version.type != "StringList" && version.type != "SecureString")
    return refuse("ValidationException",
                  "1 validation error detected: Value '" + version.type.substr(0, 100) +
                      "' at 'type' failed to satisfy constraint: Member must satisfy enum value "
                      "set: [SecureString, StringList, String]");
  if (version.data_type != "text" && version.data_type != "aws:ec2:image" &&
      version.data_type != "aws:ssm:integration")
    return refuse("ValidationException",
                  "The following data type is not supported: " + version.data_type.substr(0, 128) +
                      " (Data type names are all lowercase.)");
  if (version.allowed_pattern.empty()) return true;
  const re2::RE2 pattern(version.allowed_pattern, re2::RE2::Quiet);
  if (!pattern.ok())
    return refuse("InvalidAllowedPatternException",
                  "The request doesn't meet the regular expression requirement. The pattern " +
                      version.allowed_pattern + " is not a regular expression that can be used.");
  if (!re2::RE2::FullMatch(version.value, pattern))
    return refuse(
        "ParameterPatternMismatchException",
        "Parameter value, cannot be validated against allowedPattern: " + version.allowed_pattern);
  return true;
}

// The oldest version goes when there are too many, unless a label holds it.
Answer<bool> make_room(Parameter& parameter) {
  if (parameter.versions.size() < kMostVersions) return true;
  const ParameterVersion& oldest = parameter.versions.front();
  if (!oldest.labels.empty())
    return refuse("ParameterMaxVersionLimitExceeded",
                  "You attempted to create a new version of " + parameter.name +
                      " by calling the PutParameter API with the overwrite flag. Version " +
                      std::to_string(oldest.number) +
                      ", the oldest version, can't be deleted because it has a label associated "
                      "with it. Move the label to another version of the parameter, and try "
                      "again.");
  parameter.versions.erase(parameter.versions.begin());
  return true;
}

// The next version: what the input does not say stays.
ParameterVersion next_version(const Json& in, const ParameterVersion* before, secrets::Millis now) {
  ParameterVersion v;
  if (before) v = *before;
  v.labels.clear();
  v.number = before ? before->number + 1 : 1;
  v.value = json_string(in, "Value");
  v.type = json_string(in, "Type", v.type);
  v.description = json_string(in, "Description", v.description);
  v.allowed_pattern = json_string(in, "AllowedPattern", v.allowed_pattern);
  v.data_type = json_string(in, "DataType", before ? v.data_type : "text");
  v.policies = json_string(in, "Policies", v.policies);
  v.key_id = v.type == "SecureString"
                 ? json_string(in, "KeyId", v.key_id.empty() ? "alias/aws/ssm" : v.key_id)
                 : "";
  v.modified = now;
  return v;
}

Answer<Json> put(const Call& call, const Json& in) {
  const secrets::ParameterId id = secrets::parse_parameter_id(call.place, json_string(in, "Name"));
  DRYDOCK_TRY(check_parameter_name(id.name));
  const bool overwrite = json_bool(in, "Overwrite");
  const Json* tags = json_find(in, "Tags");
  if (overwrite && tags && !tags->empty())
    return refuse("ValidationException",
                  "Invalid request: tags and overwrite can't be used together. To create a "
                  "parameter with tags, please remove overwrite flag. To update tags for an "
                  "existing parameter, please use AddTagsToResource or RemoveTagsFromResource.");
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    const ParameterPtr there = contents.parameter(id.place, id.name);
    if (there && !overwrite)
      return refuse("ParameterAlreadyExists",
                    "The parameter already exists. To overwrite this value, set the overwrite "
                    "option in the request to true.");
    Parameter parameter;
    if (there) parameter = *there;
    parameter.place = id.place;
    parameter.name = id.name;
    ParameterVersion version = next_version(in, there ? &there->newest() : nullptr, call.now);
    if (version.type.empty())
      return refuse("ValidationException",
                    "A parameter type is required when you create a parameter.");
    DRYDOCK_TRY(check_value(version));
    DRYDOCK_LET(version.tier,
                tier_of(json_string(in, "Tier"), there ? there->newest().tier : "", version));
    DRYDOCK_TRY(add_tags(parameter.tags, tags, "ValidationException"));
    DRYDOCK_TRY(make_room(parameter));
    Json out = {{"Version", version.number}, {"Tier", version.tier}};
    parameter.versions.push_back(std::move(version));
    contents.put(std::move(parameter));
    return out;
  });
}

Answer<Json> remove(const Call& call, const Json& in) {
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    DRYDOCK_LET(const FoundParameter found,
                find_parameter(call, contents, json_string(in, "Name")));
    contents.drop(*found.parameter);
    return Json::object();
  });
}

Answer<Json> remove_many(const Call& call, const Json& in) {
  const auto names = strings(in, "Names");
  if (names.empty() || names.size() > kMostNames)
    return refuse("ValidationException",
                  "1 validation error detected: 'names' must have 1 to 10 members, and has " +
                      std::to_string(names.size()) + ".");
  Json out = {{"DeletedParameters", Json::array()}, {"InvalidParameters", Json::array()}};
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    for (const std::string& name : names) {
      const auto found = find_parameter(call, contents, name);
      if (found) {
        const ParameterPtr& parameter = found->parameter;
        contents.drop(*parameter);
      }
      out[found ? "DeletedParameters" : "InvalidParameters"].push_back(name);
    }
    return out;
  });
}

}  // namespace

std::vector<Operation> parameter_put_operations() {
  return {{"PutParameter", "Name Value",
           "Name: str, Description: str, Value: str, Type: enum ParameterType, KeyId: str, "
           "Overwrite: bool, AllowedPattern: str, Tags: [AwsTag], Tier: enum ParameterTier, "
           "Policies: str, DataType: str",
           put},
          {"DeleteParameter", "Name", "Name: str", remove},
          {"DeleteParameters", "Names", "Names: [str]", remove_many}};
}

}  // namespace drydock::api::vault
