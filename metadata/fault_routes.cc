#include <algorithm>
#include <nlohmann/json.hpp>

#include "metadata/agent_api.h"
#include "metadata/answers.h"
#include "metadata/fault_request.h"

namespace drydock::metadata {
namespace {

using netns::BlackHole;
using netns::FaultPlan;
using netns::Impairment;
using runtime::TaskView;
using Kind = Impairment::Kind;

// Of a task. ECS tells of no limit; here each change writes all of them again.
constexpr std::size_t kBlackHoles = 256;
constexpr std::size_t kBlocks = 8192;

http::Response error(int status, const std::string& text) {
  return json_answer(status, Json{{"Error", text}});
}
http::Response state(const char* text) { return json_answer(200, Json{{"Status", text}}); }

// One request: which fault and what is to be done, with its body where one counts.
struct Call {
  const std::string& fault;
  const std::string& verb;
  std::optional<BlackHole> hole;
  std::optional<Impairment> impairment;  // to be started
  Kind kind = Kind::kLatency;
};

// Empty: understood; else what is wrong with the body.
std::string read_body(const std::string& body, Call& call) {
  if (call.fault == "network-blackhole-port") {
    auto hole = parse_black_hole(body);
    if (!hole) return hole.error();
    call.hole = std::move(*hole);
    return {};
  }
  call.kind = call.fault == "network-latency" ? Kind::kLatency : Kind::kLoss;
  if (call.verb != "start") return {};
  auto impairment = parse_impairment(call.kind, body);
  if (!impairment) return impairment.error();
  call.impairment = std::move(*impairment);
  return {};
}

bool runs(const FaultPlan& plan, const Call& call) {
  if (!call.hole) return plan.impairment && plan.impairment->kind == call.kind;
  return std::any_of(plan.black_holes.begin(), plan.black_holes.end(),
                     [&](const auto& one) { return one.name() == call.hole->name(); });
}

std::size_t blocks_of(const FaultPlan& plan) {
  std::size_t all = 0;
  for (const auto& hole : plan.black_holes) all += hole.spared.size();
  if (plan.impairment) all += plan.impairment->targets.size() + plan.impairment->spared.size();
  return all;
}

tl::expected<bool, std::string> start(FaultPlan& plan, const Call& call) {
  if (!call.hole) {
    if (plan.impairment)
      return tl::unexpected(std::string("There is already one network ") +
                            (plan.impairment->kind == Kind::kLatency ? "latency" : "packet loss") +
                            " fault running");
    plan.impairment = call.impairment;
  } else {
    if (runs(plan, call)) return false;
    plan.black_holes.push_back(*call.hole);
  }
  if (plan.black_holes.size() > kBlackHoles || blocks_of(plan) > kBlocks)
    return tl::unexpected("A task may have " + std::to_string(kBlackHoles) +
                          " black hole faults and " + std::to_string(kBlocks) +
                          " addresses in its faults here");
  return true;
}

tl::expected<bool, std::string> stop(FaultPlan& plan, const Call& call) {
  if (!runs(plan, call)) return false;
  if (call.hole)
    std::erase_if(plan.black_holes,
                  [&](const auto& one) { return one.name() == call.hole->name(); });
  else
    plan.impairment.reset();
  return true;
}

http::Response changed(const Call& call, const Status& done) {
  if (done) return state(call.verb == "start" ? "running" : "stopped");
  switch (done.error().code) {
    case Errc::kExists:
      return error(409, done.error().message);
    case Errc::kTimeout:
      return error(500, call.verb + " " + call.fault + ": request timed out");
    case Errc::kUnsupported:  // the agent has no more to say; here it is the machine's owner who
                              // asks
      return error(500, "internal error: " + done.error().message);
    default:
      return error(500, "internal error");
  }
}

}  // namespace

http::Response fault_route(const http::Request& request, const std::vector<std::string>& path,
                           const TaskView* task, const AgentApi& agent) {
  Call call{path[3], path[4], {}, {}, Kind::kLatency};
  if (const auto wrong = read_body(request.body, call); !wrong.empty()) return error(400, wrong);
  if (task == nullptr) return error(404, "unable to lookup container: " + path[0]);
  const auto& definition = task->spec->definition;
  if (!definition.fault_injection)
    return error(400, "enableFaultInjection is not enabled for task: " + task->spec->task_arn);
  const auto& mode = definition.network_mode;
  if (mode != "awsvpc" && mode != "host")
    return error(400, mode + " mode is not supported. Please use either host or awsvpc mode.");
  if (!agent.faults)
    return error(
        500, "failed to get task metadata due to internal server error for container: " + path[0]);
  if (call.verb == "status")
    return state(runs(agent.faults->now(), call) ? "running" : "not-running");
  return changed(call, agent.faults->change([&call](FaultPlan& plan) {
    return call.verb == "start" ? start(plan, call) : stop(plan, call);
  }));
}

}  // namespace drydock::metadata
