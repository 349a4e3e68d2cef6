#include <nlohmann/json.hpp>

#include "metadata/task_faults.h"

namespace drydock::metadata {
namespace {

using netns::Impairment;
using netns::IpBlock;

Json texts(const std::vector<IpBlock>& blocks) {
  Json list = Json::array();
  for (const auto& one : blocks) list.push_back(one.text);
  return list;
}

Result<std::vector<IpBlock>> blocks(const Json& object, const char* key) {
  std::vector<IpBlock> all;
  const Json* list = json_find(object, key);
  if (list == nullptr || !list->is_array())
    return fail(Errc::kInvalid, std::string(key) + " is missing");
  for (const auto& one : *list) {
    if (!one.is_string()) return fail(Errc::kInvalid, std::string(key) + " holds no texts");
    DRYDOCK_LET(auto block, netns::parse_ip_block(one.get<std::string>()));
    all.push_back(std::move(block));
  }
  return all;
}

Result<netns::BlackHole> hole_of(const Json& json) {
  netns::BlackHole hole;
  hole.ingress = json_bool(json, "ingress");
  hole.protocol = json_string(json, "protocol") == "udp" ? "udp" : "tcp";
  hole.port = static_cast<int>(json_int(json, "port"));
  DRYDOCK_LET(hole.spared, blocks(json, "spared"));
  return hole;
}

Result<Impairment> impairment_of(const Json& json) {
  Impairment fault;
  fault.kind = json_bool(json, "loss") ? Impairment::Kind::kLoss : Impairment::Kind::kLatency;
  fault.delay = std::chrono::milliseconds(json_int(json, "delay"));
  fault.jitter = std::chrono::milliseconds(json_int(json, "jitter"));
  fault.loss_percent = static_cast<int>(json_int(json, "lossPercent"));
  fault.flows_percent = static_cast<int>(json_int(json, "flowsPercent", 100));
  DRYDOCK_LET(fault.targets, blocks(json, "targets"));
  DRYDOCK_LET(fault.spared, blocks(json, "spared"));
  return fault;
}

}  // namespace

Json fault_json(const netns::FaultPlan& plan) {
  Json holes = Json::array();
  for (const auto& hole : plan.black_holes)
    holes.push_back({{"ingress", hole.ingress},
                     {"protocol", hole.protocol},
                     {"port", hole.port},
                     {"spared", texts(hole.spared)}});
  Json out = {{"blackHoles", std::move(holes)}};
  if (const auto& fault = plan.impairment)
    out["impairment"] = {{"loss", fault->kind == Impairment::Kind::kLoss},
                         {"delay", fault->delay.count()},
                         {"jitter", fault->jitter.count()},
                         {"lossPercent", fault->loss_percent},
                         {"flowsPercent", fault->flows_percent},
                         {"targets", texts(fault->targets)},
                         {"spared", texts(fault->spared)}};
  return out;
}

Result<netns::FaultPlan> faults_of_json(const Json& json) {
  netns::FaultPlan plan;
  const Json* holes = json_find(json, "blackHoles");
  if (holes == nullptr || !holes->is_array())
    return fail(Errc::kInvalid, "the record of faults has no blackHoles");
  for (const auto& one : *holes) {
    DRYDOCK_LET(auto hole, hole_of(one));
    plan.black_holes.push_back(std::move(hole));
  }
  if (const Json* fault = json_find(json, "impairment")) {
    DRYDOCK_LET(plan.impairment, impairment_of(*fault));
  }
  return plan;
}

}  // namespace drydock::metadata
