#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "api/vault/parameters.h"

namespace drydock::api::vault {
namespace {

using control::refuse;

constexpr std::array<std::string_view, 7> kKeys = {"Name", "Type",  "KeyId",   "Path",
                                                   "Tier", "Label", "DataType"};

bool is_key(const std::string& key) {
  return key.starts_with("tag:") || std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

// What `key` may be compared by; the first is meant when none is said.
std::vector<std::string> options_of(const std::string& key) {
  if (key == "Path") return {"OneLevel", "Recursive"};
  if (key == "Name") return {"Equals", "BeginsWith", "Contains"};
  if (key == "Type" || key == "Tier" || key == "DataType" || key == "KeyId")
    return {"Equals", "BeginsWith"};
  return {"Equals"};
}

bool compares(const std::string& text, const std::string& option, const std::string& value) {
  if (option == "BeginsWith") return text.starts_with(value);
  if (option == "Contains") return text.find(value) != std::string::npos;
  return text == value;
}

std::string member_of(const std::string& key, const secrets::ParameterVersion& newest) {
  if (key == "Type") return newest.type;
  if (key == "KeyId") return newest.key_id;
  if (key == "Tier") return newest.tier;
  return newest.data_type;
}

}  // namespace

Answer<ParameterFilters> ParameterFilters::parse(const Json& input) {
  ParameterFilters out;
  const Json* old = json_find(input, "Filters");
  const Json* list = json_find(input, "ParameterFilters");
  if (old && list)
    return refuse("ValidationException",
                  "You can use either Filters or ParameterFilters in a single request.");
  for (const Json& one : list ? *list : old ? *old : Json::array()) {
    One made{json_string(one, "Key"), json_string(one, "Option"), strings(one, "Values")};
    if (!is_key(made.key))
      return refuse("InvalidFilterKey", "The filter key " + made.key.substr(0, 132) +
                                            " is not valid. Valid filter keys include: [Name, "
                                            "Type, KeyId, Path, Tier, Label, DataType, tag:...].");
    const auto options = options_of(made.key);
    if (made.option.empty()) made.option = old && made.key == "Name" ? "BeginsWith" : options[0];
    if (std::find(options.begin(), options.end(), made.option) == options.end())
      return refuse("InvalidFilterOption",
                    "The following filter option is not valid: " + made.option.substr(0, 20) +
                        ". Valid options for the key " + made.key + " begin with " + options[0] +
                        ".");
    if (made.values.empty() && !made.key.starts_with("tag:"))
      return refuse("InvalidFilterValue",
                    "The following filter values are missing : null for filter key " + made.key);
    if (made.key == "Path")
      for (const std::string& path : made.values) DRYDOCK_TRY(check_parameter_path(path));
    out.filters_.push_back(std::move(made));
  }
  return out;
}

bool ParameterFilters::holds(const One& one, const secrets::Parameter& parameter) {
  const auto any = [&](const auto& fits) {
    return std::any_of(one.values.begin(), one.values.end(), fits);
  };
  if (one.key == "Path")
    return any([&](const std::string& path) {
      return is_below(parameter.name, path, one.option == "Recursive");
    });
  // A name's first slash may be left out.
  if (one.key == "Name")
    return any([&](const std::string& value) {
      return compares(parameter.name, one.option, value) ||
             (parameter.name.starts_with('/') &&
              compares(parameter.name.substr(1), one.option, value));
    });
  if (one.key == "Label")
    return any([&](const std::string& label) {
      return std::any_of(parameter.versions.begin(), parameter.versions.end(), [&](const auto& v) {
        return std::find(v.labels.begin(), v.labels.end(), label) != v.labels.end();
      });
    });
  if (!one.key.starts_with("tag:"))
    return any([&](const std::string& value) {
      return compares(member_of(one.key, parameter.newest()), one.option, value);
    });
  for (const auto& [key, text] : parameter.tags) {
    if (key != one.key.substr(4)) continue;
    if (one.values.empty()) return true;
    return std::find(one.values.begin(), one.values.end(), text) != one.values.end();
  }
  return false;
}

bool ParameterFilters::matches(const secrets::Parameter& parameter) const {
  return std::all_of(filters_.begin(), filters_.end(),
                     [&](const One& one) { return holds(one, parameter); });
}

}  // namespace drydock::api::vault
