// What containers send to the agent API. Whatever is accepted becomes part of an nftables text, in
// which it must stay what it is: addresses, numbers, two protocols.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "metadata/fault_request.h"
#include "metadata/task_faults.h"

namespace {

void check(const std::vector<drydock::netns::IpBlock>& blocks) {
  for (const auto& one : blocks)
    if (one.text.empty() || one.text.find_first_not_of("0123456789abcdef:./") != one.text.npos)
      std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  using Kind = netns::Impairment::Kind;
  const std::string text(reinterpret_cast<const char*>(data), size);
  netns::FaultPlan plan;
  if (const auto hole = metadata::parse_black_hole(text)) {
    check(hole->spared);
    if (hole->protocol != "tcp" && hole->protocol != "udp") std::abort();
    plan.black_holes.push_back(*hole);
  }
  for (const auto kind : {Kind::kLatency, Kind::kLoss})
    if (auto fault = metadata::parse_impairment(kind, text)) {
      check(fault->targets);
      check(fault->spared);
      plan.impairment = std::move(*fault);
    }
  if (const auto block = netns::parse_ip_block(text)) check({*block});
  // What is remembered is what was asked for.
  const auto again = metadata::faults_of_json(metadata::fault_json(plan));
  if (!again || netns::fault_ruleset(*again) != netns::fault_ruleset(plan)) std::abort();
  if (const auto json = parse_json(text)) (void)metadata::faults_of_json(*json);
  return 0;
}
