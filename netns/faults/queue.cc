#include "netns/faults/queue.h"

#include <linux/pkt_sched.h>
#include <netlink/errno.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/netem.h>
#include <netlink/route/qdisc/prio.h>
#include <netlink/route/tc.h>

#include "netns/faults/plan.h"
#include "netns/links.h"
#include "netns/nl_ptr.h"

namespace drydock::netns {
namespace {

constexpr std::uint32_t kRoot = TC_HANDLE(1, 0);
constexpr std::uint32_t kLate = TC_HANDLE(1, 4);  // kLateClass
constexpr int kBands = 4;                         // three as without us, and the late one
constexpr int kQueued = 1000;                     // packets, as tc's netem

nl::Ptr<rtnl_qdisc> discipline(int link, std::uint32_t parent, const char* kind) {
  nl::Ptr<rtnl_qdisc> made(rtnl_qdisc_alloc());
  rtnl_tc_set_ifindex(TC_CAST(made.get()), link);
  rtnl_tc_set_parent(TC_CAST(made.get()), parent);
  if (kind) rtnl_tc_set_kind(TC_CAST(made.get()), kind);
  return made;
}

Status put(nl_sock* sock, rtnl_qdisc* discipline, const char* kind) {
  const int e = rtnl_qdisc_add(sock, discipline, NLM_F_CREATE | NLM_F_REPLACE);
  if (e == -NLE_OBJ_NOTFOUND)
    return fail(Errc::kUnsupported,
                std::string("network latency needs the queueing disciplines prio and netem, and "
                            "this machine's kernel has no ") +
                    kind + "; where it is a module: modprobe sch_" + kind);
  if (e < 0) return nl::fail_nl(std::string("add queueing discipline ") + kind, e);
  return {};
}

int microseconds(std::chrono::milliseconds time) {
  return static_cast<int>(std::chrono::microseconds(time).count());
}

}  // namespace

Status delay_queue(std::chrono::milliseconds delay, std::chrono::milliseconds jitter) {
  DRYDOCK_LET(Links links, Links::open());
  DRYDOCK_LET(const int link, links.index_of(kTaskLink));
  DRYDOCK_LET(const nl::Ptr<nl_sock> sock, nl::connect(NETLINK_ROUTE));
  const auto bands = discipline(link, TC_H_ROOT, "prio");
  rtnl_tc_set_handle(TC_CAST(bands.get()), kRoot);
  rtnl_qdisc_prio_set_bands(bands.get(), kBands);
  std::uint8_t map[] = QDISC_PRIO_DEFAULT_PRIOMAP;
  rtnl_qdisc_prio_set_priomap(bands.get(), map, sizeof map);
  DRYDOCK_TRY(put(sock.get(), bands.get(), "prio"));
  const auto late = discipline(link, kLate, "netem");
  rtnl_netem_set_limit(late.get(), kQueued);
  rtnl_netem_set_delay(late.get(), microseconds(delay));
  rtnl_netem_set_jitter(late.get(), microseconds(jitter));
  return put(sock.get(), late.get(), "netem");
}

Status remove_delay_queue() {
  DRYDOCK_LET(Links links, Links::open());
  DRYDOCK_LET(const int link, links.index_of(kTaskLink));
  DRYDOCK_LET(const nl::Ptr<nl_sock> sock, nl::connect(NETLINK_ROUTE));
  const auto bands = discipline(link, TC_H_ROOT, nullptr);
  rtnl_tc_set_handle(TC_CAST(bands.get()), kRoot);
  const int e = rtnl_qdisc_delete(sock.get(), bands.get());
  // Without a queueing discipline of ours the kernel says one or the other.
  if (e < 0 && e != -NLE_OBJ_NOTFOUND && e != -NLE_INVAL)
    return nl::fail_nl("remove the queueing discipline of the task's link", e);
  return {};
}

}  // namespace drydock::netns
