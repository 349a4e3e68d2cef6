#include "api/vault/parameters.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/base64.h"

namespace drydock::api::vault {
namespace {

using control::refuse;
using secrets::Parameter;
using secrets::ParameterVersion;

constexpr std::size_t kMostLevels = 15;
constexpr std::size_t kLongestName = 1011;

bool is_name_character(unsigned char c) {
  return c < 0x80 && (std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == '/');
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

Answer<bool> check_parameter_name(const std::string& name) {
  if (name.empty() || name.size() > kLongestName)
    return refuse("ValidationException", "Parameter name must have 1 to 1011 characters, and has " +
                                             std::to_string(name.size()) + ".");
  const bool path = name.find('/') != std::string::npos;
  if (path && name.front() != '/')
    return refuse("ValidationException", "Parameter name must be a fully qualified name");
  const std::string plain = lower(name.substr(path ? 1 : 0));
  if (plain == "aws" || plain.starts_with("aws/") || (!path && plain.starts_with("aws")))
    return refuse("AccessDeniedException", "No access to reserved parameter name: " + name + ".");
  const bool odd = !std::all_of(name.begin(), name.end(), is_name_character) ||
                   plain.starts_with("ssm") || name.back() == '/' ||
                   name.find("//") != std::string::npos;
  if (odd)
    return refuse("ValidationException",
                  "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as "
                  "a path, it can consist of sub-paths divided by slash symbol; each sub-path can "
                  "be formed as a mix of letters, numbers and the following 3 symbols .-_");
  if (static_cast<std::size_t>(std::count(name.begin(), name.end(), '/')) > kMostLevels)
    return refuse("HierarchyLevelLimitExceededException",
                  "A parameter name can have at most 15 levels, and " + name + " has " +
                      std::to_string(std::count(name.begin(), name.end(), '/')) + ".");
  return true;
}

Answer<bool> check_parameter_path(const std::string& path) {
  if (path.starts_with('/') && std::all_of(path.begin(), path.end(), is_name_character))
    return true;
  return refuse(
      "ValidationException",
      "The parameter doesn't meet the parameter name requirements. The parameter name must begin "
      "with a forward slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" "
      "(case-insensitive). It must use only letters, numbers, or the following symbols: . "
      "(period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if "
      "specified, must use the forward slash symbol \"/\". Valid example: "
      "/get/parameters2-/by1./path0_.");
}

Answer<FoundParameter> find_parameter(const Call& call, const secrets::Contents& contents,
                                      const std::string& id) {
  const secrets::ParameterId wanted = secrets::parse_parameter_id(call.place, id);
  FoundParameter found;
  found.parameter = contents.parameter(wanted.place, wanted.name);
  if (!found.parameter || wanted.place.region != call.place.region)
    return refuse("ParameterNotFound", "Parameter " + wanted.name + " not found.");
  found.version = &found.parameter->newest();
  if (wanted.selector.empty()) return found;
  found.selector = ":" + wanted.selector;
  found.version = found.parameter->selected(wanted.selector);
  if (found.version) return found;
  const bool number = wanted.selector.find_first_not_of("0123456789") == std::string::npos;
  return refuse("ParameterVersionNotFound", std::string("Systems Manager could not find ") +
                                                (number ? "version " : "label ") + wanted.selector +
                                                " of " + wanted.name + ". Verify the " +
                                                (number ? "version" : "label") + " and try again.");
}

Json parameter_value_json(const Call& call, const Parameter& parameter,
                          const ParameterVersion& version, bool decrypted) {
  std::string value = version.value;
  if (version.type == "SecureString" && !decrypted) {
    auto sealed = call.vault.sealer().seal(value, "parameter " + parameter.arn());
    value = sealed ? base64(*sealed) : std::string("(cannot be encrypted)");
  }
  return {{"Name", parameter.name},
          {"Type", version.type},
          {"Value", std::move(value)},
          {"Version", version.number},
          {"LastModifiedDate", seconds(version.modified)},
          {"ARN", parameter.arn()},
          {"DataType", version.data_type}};
}

Json parameter_facts_json(const Call& call, const Parameter& parameter,
                          const ParameterVersion& version) {
  Json out = {{"Name", parameter.name}, {"Type", version.type}};
  if (!version.key_id.empty()) out["KeyId"] = version.key_id;
  out["LastModifiedDate"] = seconds(version.modified);
  out["LastModifiedUser"] = call.caller_arn;
  if (!version.description.empty()) out["Description"] = version.description;
  if (!version.allowed_pattern.empty()) out["AllowedPattern"] = version.allowed_pattern;
  out["Version"] = version.number;
  out["Tier"] = version.tier;
  out["Policies"] = Json::array();
  const auto policies = parse_json(version.policies);
  if (policies && policies->is_array())
    for (const Json& one : *policies)
      out["Policies"].push_back({{"PolicyText", dump_json(one)},
                                 {"PolicyType", json_string(one, "Type")},
                                 {"PolicyStatus", "Pending"}});
  out["DataType"] = version.data_type;
  return out;
}

bool is_below(const std::string& name, const std::string& path, bool recursive) {
  const std::string start = path.ends_with('/') ? path : path + "/";
  // Parameters without a path are in "/".
  const std::string full = name.starts_with('/') ? name : "/" + name;
  if (!full.starts_with(start)) return false;
  return recursive || full.find('/', start.size()) == std::string::npos;
}

}  // namespace drydock::api::vault
