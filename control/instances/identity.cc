#include "control/instances/identity.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::control::instances {
namespace {

constexpr std::size_t kLongest = 128;

bool of_characters(const std::string& text, std::string_view also) {
  return std::ranges::all_of(text, [&](unsigned char c) {
    return std::isalnum(c) || also.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

// What the machine says of itself, as EC2's metadata gives it: the members of it that are used.
Answer<bool> read_identity(const std::string& text, Instance& i) {
  if (text.empty()) return true;
  const auto identity = parse_json(text);
  if (!identity || !identity->is_object())
    return invalid_parameter("instanceIdentityDocument is not a JSON object" +
                             (identity ? std::string() : ": " + identity.error().message) + ".");
  i.ec2_id = json_string(*identity, "instanceId");
  constexpr std::pair<const char*, const char*> kAttributes[] = {
      {"imageId", "ecs.ami-id"},
      {"availabilityZone", "ecs.availability-zone"},
      {"instanceType", "ecs.instance-type"}};
  for (const auto& [member, name] : kAttributes)
    if (const auto value = json_string(*identity, member); !value.empty())
      i.attributes[name] = value;
  return true;
}

Answer<bool> read_resources(const Json& list, Instance& i) {
  Json others = Json::array();
  for (const auto& one : list) {
    const std::string name = json_string(one, "name");
    const long long number = json_int(one, "integerValue");
    if (number < 0)
      return invalid_parameter("The resource " + name + " cannot be " + std::to_string(number) +
                               ".");
    std::vector<std::string> texts;
    if (const Json* set = json_find(one, "stringSetValue"))
      texts = set->get<std::vector<std::string>>();
    if (name == "CPU") {
      i.resources.cpu = static_cast<int>(number);
    } else if (name == "MEMORY") {
      i.resources.memory_mib = static_cast<int>(number);
    } else if (name == "PORTS") {
      i.resources.ports = std::move(texts);
    } else if (name == "PORTS_UDP") {
      i.resources.udp_ports = std::move(texts);
    } else {
      others.push_back(one);
    }
  }
  i.resources.others = std::make_shared<const Json>(std::move(others));
  return true;
}

}  // namespace

Answer<bool> check_attribute(const std::string& name, const std::optional<std::string>& value) {
  if (name.empty() || name.size() > kLongest || !of_characters(name, "-_./\\"))
    return invalid_parameter("The attribute name '" + name.substr(0, kLongest) +
                             "' is invalid: 1 to 128 letters, digits and - _ . / \\ are allowed.");
  if (!value) return true;
  if (value->empty() || value->size() > kLongest || !of_characters(*value, "-_./\\@: ") ||
      value->front() == ' ' || value->back() == ' ')
    return invalid_parameter("The value of attribute '" + name +
                             "' is invalid: 1 to 128 letters, digits and - _ . @ / \\ : are "
                             "allowed, and spaces within.");
  return true;
}

std::optional<std::string> value_of(const Json& attribute) {
  if (!json_find(attribute, "value")) return std::nullopt;
  return json_string(attribute, "value");
}

Answer<Instance> registration_of(const Json& request) {
  Instance i;
  i.attributes["ecs.os-type"] = "linux";
  DRYDOCK_TRY(read_identity(json_string(request, "instanceIdentityDocument"), i));
  i.resources = {kDefaultCpu,
                 kDefaultMemoryMib,
                 {std::begin(kReservedPorts), std::end(kReservedPorts)},
                 {},
                 std::make_shared<const Json>(Json::array())};
  if (const Json* given = json_find(request, "totalResources"))
    DRYDOCK_TRY(read_resources(*given, i));
  const Json* version = json_find(request, "versionInfo");
  i.version_info = std::make_shared<const Json>(version ? *version : Json::object());
  if (const Json* given = json_find(request, "attributes"))
    for (const auto& one : *given) {
      const std::string name = json_string(one, "name");
      auto value = value_of(one);
      if (value && value->empty()) value = std::nullopt;  // as agents send capabilities
      DRYDOCK_TRY(check_attribute(name, value));
      i.attributes[name] = std::move(value);
    }
  DRYDOCK_LET(i.tags, tags_of(json_find(request, "tags")));
  return i;
}

Answer<bool> may_follow(const Instance& before, const Instance& after) {
  const auto type = [](const Instance& i) {
    const auto at = i.attributes.find("ecs.instance-type");
    return at == i.attributes.end() ? std::string() : at->second.value_or("");
  };
  if (before.own || type(before) != type(after))
    return invalid_parameter("Container instance type changes are not supported.");
  return true;
}

}  // namespace drydock::control::instances
