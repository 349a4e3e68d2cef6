#include "runtime/engine/network_record.h"

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json.h"
#include "runtime/engine/machine.h"

namespace drydock::runtime {
namespace {

constexpr std::size_t kLargest = 1u << 20;

Json slot_json(const netns::KnownSlot& slot) {
  Json out = {{"slot", slot.slot},
              {"address", slot.address},
              {"subnet", slot.subnet_cidr},
              {"ipv6", slot.ipv6},
              {"bridge", slot.place.shape == netns::Shape::kBridge},
              {"subnetId", slot.place.subnet_id},
              {"securityGroups", slot.place.security_groups},
              {"cluster", slot.place.cluster},
              {"published", Json::array()}};
  for (const netns::Published& p : slot.published)
    out["published"].push_back({{"hostAddress", p.host_address},
                                {"hostPort", p.host_port},
                                {"containerPort", p.container_port},
                                {"protocol", p.protocol}});
  return out;
}

const Json& list_of(const Json& from, const char* key) {
  static const Json kNone = Json::array();
  const Json* found = json_find(from, key);
  return found && found->is_array() ? *found : kNone;
}

netns::KnownSlot slot_of(const Json& from) {
  netns::KnownSlot slot;
  slot.slot = static_cast<int>(json_int(from, "slot", -1));
  slot.address = json_string(from, "address");
  slot.subnet_cidr = json_string(from, "subnet");
  slot.ipv6 = json_bool(from, "ipv6");
  slot.place.shape = json_bool(from, "bridge") ? netns::Shape::kBridge : netns::Shape::kEni;
  slot.place.subnet_id = json_string(from, "subnetId");
  slot.place.cluster = json_string(from, "cluster");
  for (const Json& group : list_of(from, "securityGroups"))
    if (group.is_string()) slot.place.security_groups.push_back(group.get<std::string>());
  for (const Json& p : list_of(from, "published"))
    slot.published.push_back(
        {json_string(p, "hostAddress"), static_cast<int>(json_int(p, "hostPort")),
         static_cast<int>(json_int(p, "containerPort")), json_string(p, "protocol")});
  return slot;
}

}  // namespace

Status remember_network(const Paths& paths, const std::string& task_id,
                        const std::vector<netns::KnownSlot>& slots) {
  Json document = {{"namespaces", Json::array()}};
  for (const netns::KnownSlot& slot : slots) document["namespaces"].push_back(slot_json(slot));
  return write_file_atomic(paths.network_file(task_id), dump_json(document), 0600);
}

std::optional<std::vector<netns::KnownSlot>> remembered_network(const Paths& paths,
                                                                const std::string& task_id) {
  const auto text = read_file(paths.network_file(task_id), kLargest);
  if (!text) return std::nullopt;
  const auto document = parse_json(*text);
  if (!document) return std::nullopt;
  std::vector<netns::KnownSlot> slots;
  for (const Json& one : list_of(*document, "namespaces")) {
    slots.push_back(slot_of(one));
    slots.back().owner = "task " + task_id;
    if (slots.back().slot < 0) return std::nullopt;
  }
  return slots;
}

std::vector<netns::KnownSlot> known_slots(const Paths& paths,
                                          const std::vector<std::string>& task_ids) {
  std::vector<netns::KnownSlot> slots;
  for (const std::string& id : task_ids)
    if (auto known = remembered_network(paths, id))
      slots.insert(slots.end(), known->begin(), known->end());
  return slots;
}

}  // namespace drydock::runtime
