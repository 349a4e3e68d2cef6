#pragma once
#include <netlink/addr.h>
#include <netlink/cache.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>

#include <memory>
#include <string_view>

#include "base/result.h"

namespace drydock::netns::nl {

// libnl objects are reference counted by hand. One deleter type, one alias
// each, and no function in this folder ever calls a *_put itself.
struct Drop {
  void operator()(nl_sock* p) const { nl_socket_free(p); }
  void operator()(nl_addr* p) const { nl_addr_put(p); }
  void operator()(nl_cache* p) const { nl_cache_free(p); }
  void operator()(nl_msg* p) const { nlmsg_free(p); }
  void operator()(rtnl_link* p) const { rtnl_link_put(p); }
  void operator()(rtnl_addr* p) const { rtnl_addr_put(p); }
  void operator()(rtnl_neigh* p) const { rtnl_neigh_put(p); }
  void operator()(rtnl_qdisc* p) const { rtnl_qdisc_put(p); }
  void operator()(rtnl_route* p) const { rtnl_route_put(p); }
};
template <class T>
using Ptr = std::unique_ptr<T, Drop>;

// An Error from a libnl return value (a negative NLE code, which is not an errno).
tl::unexpected<Error> fail_nl(std::string_view doing, int code);
// A connected socket of `protocol` in the calling thread's namespace.
Result<Ptr<nl_sock>> connect(int protocol);

}  // namespace drydock::netns::nl
