#include "control/instances/instance.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::control::instances {
namespace {

constexpr std::pair<const char*, std::string Instance::*> kTexts[] = {
    {"id", &Instance::id},
    {"arn", &Instance::arn},
    {"clusterName", &Instance::cluster_name},
    {"clusterArn", &Instance::cluster_arn},
    {"region", &Instance::region},
    {"account", &Instance::account},
    {"ec2Id", &Instance::ec2_id},
    {"status", &Instance::status}};

Json attributes_json(const Attributes& attributes) {
  Json out = Json::object();
  for (const auto& [name, value] : attributes) out[name] = value ? Json(*value) : Json();
  return out;
}

Attributes attributes_of(const Json& object, const char* key) {
  Attributes attributes;
  const Json given = object.value(key, Json::object());
  for (const auto& [name, value] : given.items())
    attributes[name] = value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
  return attributes;
}

std::vector<std::string> texts_of(const Json& object, const char* key) {
  std::vector<std::string> texts;
  for (const auto& one : object.value(key, Json::array()))
    if (one.is_string()) texts.push_back(one.get<std::string>());
  return texts;
}

std::shared_ptr<const Json> member(const Json& object, const char* key, const Json& otherwise) {
  const Json* found = json_find(object, key);
  return std::make_shared<const Json>(found ? *found : otherwise);
}

Json number(const char* name, int value) {
  return {{"name", name},
          {"type", "INTEGER"},
          {"doubleValue", 0.0},
          {"longValue", 0},
          {"integerValue", value}};
}

Json strings(const char* name, const std::vector<std::string>& values) {
  return {{"name", name},   {"type", "STRINGSET"}, {"doubleValue", 0.0},
          {"longValue", 0}, {"integerValue", 0},   {"stringSetValue", values}};
}

Json resources_json(int cpu, int memory, const std::vector<std::string>& ports,
                    const std::vector<std::string>& udp, const Json& others) {
  Json out = Json::array({number("CPU", cpu), number("MEMORY", memory), strings("PORTS", ports),
                          strings("PORTS_UDP", udp)});
  for (const auto& other : others) out.push_back(other);
  return out;
}

void add_ports(std::vector<std::string>& to, const std::vector<FixedPort>& ports,
               const std::string& protocol) {
  for (const FixedPort& port : ports)
    for (int n = port.first; port.protocol == protocol && n <= port.last; ++n)
      to.push_back(std::to_string(n));
}

}  // namespace

Attributes all_attributes(const Instance& instance) {
  Attributes all = instance.custom;
  all.insert(instance.attributes.begin(), instance.attributes.end());
  return all;
}

std::string stored(const Instance& i) {
  Json out = Json::object();
  for (const auto& [name, text] : kTexts) out[name] = i.*text;
  out["version"] = i.version;
  out["registeredAt"] = i.registered_at.time_since_epoch().count();
  out["own"] = i.own;
  out["versionInfo"] = *i.version_info;
  out["cpu"] = i.resources.cpu;
  out["memory"] = i.resources.memory_mib;
  out["ports"] = i.resources.ports;
  out["udpPorts"] = i.resources.udp_ports;
  out["others"] = *i.resources.others;
  out["attributes"] = attributes_json(i.attributes);
  out["custom"] = attributes_json(i.custom);
  out["tags"] = i.tags;
  return dump_json(out);
}

Result<Instance> instance_of(const std::string& text) {
  DRYDOCK_LET(const Json json, parse_json(text));
  Instance i;
  for (const auto& [name, member] : kTexts) i.*member = json_string(json, name);
  if (i.arn.empty() || i.id.empty())
    return fail(Errc::kInvalid, "the stored container instance has no arn or no id");
  i.version = static_cast<int>(json_int(json, "version", 1));
  i.registered_at = Time(Duration(json_int(json, "registeredAt")));
  i.own = json_bool(json, "own");
  i.version_info = member(json, "versionInfo", Json::object());
  i.resources = {static_cast<int>(json_int(json, "cpu")),
                 static_cast<int>(json_int(json, "memory")), texts_of(json, "ports"),
                 texts_of(json, "udpPorts"), member(json, "others", Json::array())};
  i.attributes = attributes_of(json, "attributes");
  i.custom = attributes_of(json, "custom");
  const Json tags = json.value("tags", Json::object());
  for (const auto& [key, value] : tags.items())
    if (value.is_string()) i.tags[key] = value.get<std::string>();
  return i;
}

Need need_of(const taskdef::TaskDefinition& definition) {
  Need need{definition.cpu, definition.memory_mib, fixed_ports(definition)};
  for (const auto& c : definition.containers) {
    if (definition.cpu == 0) need.cpu += c.cpu;
    if (definition.memory_mib == 0)
      need.memory_mib += c.memory_reservation_mib.value_or(c.memory_mib.value_or(0));
  }
  return need;
}

void add_task(Usage& usage, const Need& need, const std::string& group, bool pending) {
  usage.cpu += need.cpu;
  usage.memory_mib += need.memory_mib;
  usage.ports.insert(usage.ports.end(), need.ports.begin(), need.ports.end());
  ++(pending ? usage.pending : usage.running);
  ++usage.groups[group];
}

Json registered_json(const Resources& r) {
  return resources_json(r.cpu, r.memory_mib, r.ports, r.udp_ports, *r.others);
}

Json remaining_json(const Resources& r, const Usage& usage) {
  auto ports = r.ports, udp = r.udp_ports;
  add_ports(ports, usage.ports, "tcp");
  add_ports(udp, usage.ports, "udp");
  return resources_json(r.cpu - usage.cpu, r.memory_mib - usage.memory_mib, ports, udp, *r.others);
}

}  // namespace drydock::control::instances
