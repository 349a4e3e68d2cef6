#include "taskdef/templates/fit.h"

#include <array>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>

namespace drydock::taskdef::templates {
namespace {

// Names that differ in more than case and underscores: Terraform's blocks are called as one of
// them.
struct Alias {
  std::string_view from;
  std::string_view to;
};
constexpr std::array kAliases = {
    Alias{"volume", "volumes"},
    Alias{"proxyconfigurationproperties", "properties"},
    Alias{"configureatlaunch", "configuredatlaunch"},
    Alias{"inferenceaccelerator", "inferenceaccelerators"},
    Alias{"deploymentmaximumpercent", "maximumpercent"},
};

std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (c != '_') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Alias& alias : kAliases)
    if (out == alias.from) return std::string(alias.to);
  return out;
}

const Member* member_of(const Shape& shape, const std::string& name) {
  const std::string wanted = plain(name);
  for (const Member& m : shape.members)
    if (plain(m.name) == wanted) return &m;
  return nullptr;
}

tl::unexpected<Error> mismatch(const std::string& path, const std::string& wanted,
                               const Json& value) {
  return fail(Errc::kInvalid, path + ": expected " + wanted + ", found " +
                                  (value.is_primitive() ? dump_json(value).substr(0, 80)
                                                        : std::string(value.type_name())));
}

Result<Json> text_of(const Json& value, const std::string& path) {
  if (value.is_string()) return value;
  if (value.is_boolean() || value.is_number()) return Json(dump_json(value));
  return mismatch(path, "a text", value);
}

Result<Json> number_of(const Json& value, const std::string& path) {
  if (value.is_number_integer()) return value;
  if (value.is_number_float() &&
      value.get<double>() == static_cast<double>(static_cast<long long>(value.get<double>())))
    return Json(static_cast<long long>(value.get<double>()));
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    long long number = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (bad == std::errc() && end == text.data() + text.size() && !text.empty())
      return Json(number);
  }
  return mismatch(path, "a whole number", value);
}

Result<Json> flag_of(const Json& value, const std::string& path) {
  if (value.is_boolean()) return value;
  if (value.is_string()) {
    const std::string text = plain(value.get_ref<const std::string&>());
    if (text == "true" || text == "enabled") return Json(true);
    if (text == "false" || text == "disabled") return Json(false);
  }
  return mismatch(path, "true or false", value);
}

Result<Json> map_of(const Json& value, const std::string& path) {
  if (!value.is_object()) return mismatch(path, "names and texts", value);
  Json out = Json::object();
  for (const auto& [name, one] : value.items()) {
    if (one.is_null()) continue;
    DRYDOCK_LET(out[name], text_of(one, path + "." + name));
  }
  return out;
}

std::string item(const std::string& path, std::size_t i) {
  return path + "[" + std::to_string(i) + "]";
}

template <class One>
Result<Json> list_of(const Json& value, const std::string& path, One one) {
  // One value where a list is wanted is a list of it, as CloudFormation has it.
  const Json list = value.is_array() ? value : Json::array({value});
  Json out = Json::array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].is_null()) continue;
    DRYDOCK_LET(Json fitted, one(list[i], item(path, i)));
    out.push_back(std::move(fitted));
  }
  return out;
}

// Tags and properties, which Terraform writes as a map.
Json as_pairs(const Json& map, const Shape& shape) {
  Json out = Json::array();
  for (const auto& [name, value] : map.items()) {
    Json pair = Json::object();
    pair[std::string(shape.members[0].name)] = name;
    pair[std::string(shape.members[1].name)] = value;
    out.push_back(std::move(pair));
  }
  return out;
}

bool is_pair(const Shape& shape) {
  return shape.members.size() == 2 && shape.members[1].name == "value" &&
         (shape.members[0].name == "key" || shape.members[0].name == "name");
}

Result<Json> structs_of(const Json& value, const Member& m, const std::string& path) {
  const bool pairs = value.is_object() && is_pair(*m.shape) &&
                     !(value.size() == 2 && member_of(*m.shape, value.begin().key()));
  return list_of(pairs ? as_pairs(value, *m.shape) : value, path,
                 [&](const Json& one, const std::string& at) { return fit(one, *m.shape, at); });
}

Result<Json> value_of(const Json& value, const Member& m, const std::string& path) {
  switch (m.kind) {
    case Kind::kEnum:
      if (value.is_boolean()) return Json(value.get<bool>() ? "ENABLED" : "DISABLED");
      return text_of(value, path);
    case Kind::kString:
      return text_of(value, path);
    case Kind::kInteger:
    case Kind::kLong:
      return number_of(value, path);
    case Kind::kBoolean:
      return flag_of(value, path);
    case Kind::kStruct:
      return fit(value, *m.shape, path);
    case Kind::kStrings:
    case Kind::kEnums:
      return list_of(value, path, text_of);
    case Kind::kIntegers:
      return list_of(value, path, number_of);
    case Kind::kStructs:
      return structs_of(value, m, path);
    case Kind::kStringMap:
      return map_of(value, path);
  }
  return value;
}

}  // namespace

Result<Json> fit(const Json& value, const Shape& shape, const std::string& path) {
  if (value.is_array() && value.size() == 1) return fit(value[0], shape, path);
  if (!value.is_object()) return mismatch(path, "a structure", value);
  Json out = Json::object();
  for (const auto& [name, one] : value.items()) {
    if (one.is_null()) continue;
    const Member* m = member_of(shape, name);
    if (!m) {
      std::string small = name;
      if (!small.empty())
        small[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(small[0])));
      out[small] = one;
      continue;
    }
    // A block of Terraform that is not there is an empty list.
    if (m->kind == Kind::kStruct && one.is_array() && one.empty()) continue;
    DRYDOCK_LET(Json fitted, value_of(one, *m, path + "." + name));
    out[std::string(m->name)] = std::move(fitted);
  }
  return out;
}

namespace {

using enum Kind;

constexpr std::array kBreaker = {Member{"enable", kBoolean}, Member{"rollback", kBoolean}};
constexpr Shape kBreakerShape{"DeploymentCircuitBreaker", kBreaker};
constexpr std::array kDeployment = {Member{"maximumPercent", kInteger},
                                    Member{"minimumHealthyPercent", kInteger},
                                    Member{"deploymentCircuitBreaker", kStruct, &kBreakerShape}};
constexpr Shape kDeploymentShape{"DeploymentConfiguration", kDeployment};
constexpr std::array kAwsVpc = {Member{"subnets", kStrings}, Member{"securityGroups", kStrings},
                                Member{"assignPublicIp", kEnum}};
constexpr Shape kAwsVpcShape{"AwsVpcConfiguration", kAwsVpc};
constexpr std::array kNetwork = {Member{"awsvpcConfiguration", kStruct, &kAwsVpcShape}};
constexpr Shape kNetworkShape{"NetworkConfiguration", kNetwork};
constexpr std::array kStrategy = {Member{"capacityProvider", kString}, Member{"weight", kInteger},
                                  Member{"base", kInteger}};
constexpr Shape kStrategyShape{"CapacityProviderStrategyItem", kStrategy};
constexpr std::array kTag = {Member{"key", kString}, Member{"value", kString}};
constexpr Shape kTagShape{"Tag", kTag};
constexpr std::array kService = {
    Member{"cluster", kString},
    Member{"serviceName", kString},
    Member{"desiredCount", kInteger},
    Member{"launchType", kEnum},
    Member{"capacityProviderStrategy", kStructs, &kStrategyShape},
    Member{"platformVersion", kString},
    Member{"deploymentConfiguration", kStruct, &kDeploymentShape},
    Member{"networkConfiguration", kStruct, &kNetworkShape},
    Member{"schedulingStrategy", kEnum},
    Member{"enableExecuteCommand", kBoolean},
    Member{"enableECSManagedTags", kBoolean},
    Member{"propagateTags", kEnum},
    Member{"tags", kStructs, &kTagShape},
};
constexpr Shape kServiceShape{"CreateServiceRequest", kService};

}  // namespace

const Shape& service_shape() { return kServiceShape; }

}  // namespace drydock::taskdef::templates
