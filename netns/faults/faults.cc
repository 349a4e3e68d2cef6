#include "netns/faults/faults.h"

#include "netns/faults/queue.h"
#include "netns/netns.h"
#include "netns/nft.h"

namespace drydock::netns {
namespace {

Status put_rules(const FaultPlan& plan) {
  auto put = nft(fault_ruleset(plan));
  if (put || !plan.impairment) return put;
  return fail(Errc::kUnsupported,
              put.error().message +
                  " (network latency and packet loss need nftables' egress hook, Linux 5.16 with "
                  "CONFIG_NETFILTER_EGRESS)");
}

}  // namespace

Status apply_faults(const std::string& netns_path, const FaultPlan& plan) {
  DRYDOCK_LET(const Netns ns, Netns::open(netns_path));
  return ns.run([&]() -> Status {
    const bool late = plan.impairment && plan.impairment->kind == Impairment::Kind::kLatency;
    // The rules send packets to a class of the queue, so it comes first and goes last.
    if (late) DRYDOCK_TRY(delay_queue(plan.impairment->delay, plan.impairment->jitter));
    DRYDOCK_TRY(put_rules(plan));
    return late ? Status() : remove_delay_queue();
  });
}

}  // namespace drydock::netns
