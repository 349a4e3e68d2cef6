#include <netlink/errno.h>
#include <netlink/route/nexthop.h>

#include "netns/links_socket.h"

// The part of Links that speaks of IPv6 addresses.
namespace drydock::netns {
namespace {

using nl::fail_nl;
using nl::Ptr;

constexpr unsigned kUsableAtOnce = 0x02;  // IFA_F_NODAD

Ptr<nl_addr> nl_of(const Ipv6& address, int prefix) {
  Ptr<nl_addr> made(nl_addr_build(AF_INET6, address.data(), address.size()));
  if (made) nl_addr_set_prefixlen(made.get(), prefix);
  return made;
}

Ptr<rtnl_neigh> neighbour(int link, const Ipv6& address) {
  Ptr<rtnl_neigh> made(rtnl_neigh_alloc());
  rtnl_neigh_set_ifindex(made.get(), link);
  rtnl_neigh_set_family(made.get(), AF_INET6);
  rtnl_neigh_set_dst(made.get(), nl_of(address, 128).get());
  return made;
}

Status add_route(nl_sock* sock, const Ipv6& to, int prefix, const Ipv6* gateway, int link) {
  const Ptr<rtnl_route> route(rtnl_route_alloc());
  rtnl_route_set_family(route.get(), AF_INET6);
  rtnl_route_set_dst(route.get(), nl_of(to, prefix).get());
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  rtnl_route_nh_set_ifindex(hop, link);
  if (gateway) rtnl_route_nh_set_gateway(hop, nl_of(*gateway, 128).get());
  rtnl_route_add_nexthop(route.get(), hop);  // which then belongs to the route
  if (const int e = rtnl_route_add(sock, route.get(), NLM_F_CREATE | NLM_F_EXCL); e < 0)
    return fail_nl("add route to " + to_string(to), e);
  return {};
}

}  // namespace

Status Links::add_address(int index, const Ipv6& address, int prefix) {
  const Ptr<rtnl_addr> made(rtnl_addr_alloc());
  rtnl_addr_set_ifindex(made.get(), index);
  rtnl_addr_set_local(made.get(), nl_of(address, prefix).get());
  rtnl_addr_set_flags(made.get(), kUsableAtOnce);
  const int e = rtnl_addr_add(socket_->get(), made.get(), 0);
  if (e < 0 && e != -NLE_EXIST) return fail_nl("add address " + to_string(address), e);
  return {};
}

Status Links::pin_neighbour(int link, const Ipv6& address, const Mac& mac) {
  const Ptr<rtnl_neigh> entry = neighbour(link, address);
  const Ptr<nl_addr> hardware(nl_addr_build(AF_LLC, mac.data(), mac.size()));
  rtnl_neigh_set_lladdr(entry.get(), hardware.get());
  rtnl_neigh_set_state(entry.get(), NUD_PERMANENT);
  if (const int e = rtnl_neigh_add(socket_->get(), entry.get(), NLM_F_CREATE | NLM_F_REPLACE);
      e < 0)
    return fail_nl("pin neighbour " + to_string(address), e);
  return {};
}

Status Links::unpin_neighbour(int link, const Ipv6& address) {
  const Ptr<rtnl_neigh> entry = neighbour(link, address);
  const int e = rtnl_neigh_delete(socket_->get(), entry.get(), 0);
  if (e < 0 && e != -NLE_OBJ_NOTFOUND && e != -NLE_NODEV)
    return fail_nl("unpin neighbour " + to_string(address), e);
  return {};
}

Status Links::add_default_route(const Ipv6& gateway, int link) {
  DRYDOCK_TRY(add_route(socket_->get(), gateway, 128, nullptr, link));
  return add_route(socket_->get(), {}, 0, &gateway, link);
}

}  // namespace drydock::netns
