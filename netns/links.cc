#include "netns/links.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/nexthop.h>

#include <algorithm>

#include "netns/links_socket.h"
#include "netns/nl_ptr.h"

namespace drydock::netns {
namespace {

using nl::fail_nl;
using nl::Ptr;

Ptr<nl_addr> nl_of(Ipv4 address, int prefix) {
  const std::uint32_t wire = htonl(address.value);
  Ptr<nl_addr> made(nl_addr_build(AF_INET, &wire, sizeof wire));
  if (made) nl_addr_set_prefixlen(made.get(), prefix);
  return made;
}

Ptr<nl_addr> nl_of(const Mac& mac) {
  return Ptr<nl_addr>(nl_addr_build(AF_LLC, mac.data(), mac.size()));
}

Ipv4 ipv4_of(nl_addr* address) {
  std::uint32_t wire = 0;
  if (address && nl_addr_get_family(address) == AF_INET && nl_addr_get_len(address) == sizeof wire)
    __builtin_memcpy(&wire, nl_addr_get_binary_addr(address), sizeof wire);
  return {ntohl(wire)};
}

template <class F>
void each(nl_cache* cache, F visit) {
  for (nl_object* o = nl_cache_get_first(cache); o; o = nl_cache_get_next(o)) visit(o);
}

// Cuts the port off and, where the kernel knows it (5.18), locks it to the addresses in the
// bridge's table. libnl 3.7 has no call for either.
Status isolate(nl_sock* sock, int port) {
  Ptr<nl_msg> msg(nlmsg_alloc_simple(RTM_SETLINK, NLM_F_REQUEST));
  if (!msg) return fail(Errc::kSystem, "isolate a bridge port: out of memory");
  ifinfomsg info{};
  info.ifi_family = AF_BRIDGE;
  info.ifi_index = port;
  nlmsg_append(msg.get(), &info, sizeof info, NLMSG_ALIGNTO);
  nlattr* nest = nla_nest_start(msg.get(), IFLA_PROTINFO | NLA_F_NESTED);
  nla_put_u8(msg.get(), IFLA_BRPORT_ISOLATED, 1);
  nla_put_u8(msg.get(), IFLA_BRPORT_LEARNING, 0);
  nla_put_u8(msg.get(), IFLA_BRPORT_LOCKED, 1);
  nla_nest_end(msg.get(), nest);
  if (const int e = nl_send_sync(sock, msg.release()); e < 0)
    return fail_nl("isolate a bridge port", e);
  return {};
}

Ptr<rtnl_neigh> neighbour(int link, Ipv4 address) {
  Ptr<rtnl_neigh> made(rtnl_neigh_alloc());
  rtnl_neigh_set_ifindex(made.get(), link);
  rtnl_neigh_set_family(made.get(), AF_INET);
  rtnl_neigh_set_dst(made.get(), nl_of(address, 32).get());
  return made;
}

Ptr<rtnl_link> change_of(int index) {
  Ptr<rtnl_link> made(rtnl_link_alloc());
  rtnl_link_set_ifindex(made.get(), index);
  return made;
}

}  // namespace

Result<Ptr<rtnl_link>> Links::Socket::link(int index, const char* name) const {
  rtnl_link* found = nullptr;
  if (const int e = rtnl_link_get_kernel(get(), index, name, &found); e < 0)
    return fail_nl("look up link " + (name ? std::string(name) : std::to_string(index)), e);
  return Ptr<rtnl_link>(found);
}

Status Links::Socket::change(int index, rtnl_link* change, const std::string& doing) const {
  const Ptr<rtnl_link> which = change_of(index);
  if (const int e = rtnl_link_change(get(), which.get(), change, 0); e < 0)
    return fail_nl(doing, e);
  return {};
}

Status Links::Socket::add_route(Ipv4 to, int prefix, Ipv4 gateway, int index,
                                const std::string& doing) const {
  const Ptr<rtnl_route> made = route(to, prefix, gateway, index);
  if (const int e = rtnl_route_add(get(), made.get(), NLM_F_CREATE | NLM_F_EXCL); e < 0)
    return fail_nl(doing, e);
  return {};
}

Ptr<rtnl_route> Links::Socket::route(Ipv4 to, int prefix, Ipv4 gateway, int index) {
  Ptr<rtnl_route> made(rtnl_route_alloc());
  rtnl_route_set_dst(made.get(), nl_of(to, prefix).get());
  rtnl_route_set_scope(made.get(), gateway.value ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  rtnl_route_nh_set_ifindex(hop, index);
  if (gateway.value) rtnl_route_nh_set_gateway(hop, nl_of(gateway, 32).get());
  rtnl_route_add_nexthop(made.get(), hop);  // which then belongs to the route
  return made;
}

Links::Links(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}
Links::Links(Links&&) noexcept = default;
Links& Links::operator=(Links&&) noexcept = default;
Links::~Links() = default;

Result<Links> Links::open() {
  DRYDOCK_LET(Ptr<nl_sock> sock, nl::connect(NETLINK_ROUTE));
  return Links(std::make_unique<Socket>(Socket{std::move(sock)}));
}

Result<int> Links::index_of(const std::string& name) {
  DRYDOCK_LET(const Ptr<rtnl_link> link, socket_->link(0, name.c_str()));
  return rtnl_link_get_ifindex(link.get());
}

Result<int> Links::mtu_of(int index) {
  DRYDOCK_LET(const Ptr<rtnl_link> link, socket_->link(index, nullptr));
  return static_cast<int>(rtnl_link_get_mtu(link.get()));
}

Result<std::vector<Subnet>> Links::addresses_of(int index) {
  nl_cache* all = nullptr;
  if (const int e = rtnl_addr_alloc_cache(socket_->get(), &all); e < 0)
    return fail_nl("list addresses", e);
  const Ptr<nl_cache> cache(all);
  std::vector<Subnet> found;
  each(all, [&](nl_object* o) {
    auto* address = reinterpret_cast<rtnl_addr*>(o);
    nl_addr* local = rtnl_addr_get_local(address);
    const Ipv4 is = ipv4_of(local);
    if (rtnl_addr_get_ifindex(address) == index && is.value != 0)
      found.push_back({is, static_cast<int>(nl_addr_get_prefixlen(local))});
  });
  return found;
}

Result<Subnet> Links::address_of(int index) {
  DRYDOCK_LET(const auto all, addresses_of(index));
  if (all.empty())
    return fail(Errc::kNotFound, "link " + std::to_string(index) + " has no address");
  return *std::min_element(all.begin(), all.end(),
                           [](const Subnet& a, const Subnet& b) { return a.prefix < b.prefix; });
}

Status Links::set_up(int index) {
  const Ptr<rtnl_link> up(rtnl_link_alloc());
  rtnl_link_set_flags(up.get(), IFF_UP);
  return socket_->change(index, up.get(), "set link up");
}

Status Links::add_address(int index, Ipv4 address, int prefix) {
  const Ptr<rtnl_addr> made(rtnl_addr_alloc());
  rtnl_addr_set_ifindex(made.get(), index);
  rtnl_addr_set_local(made.get(), nl_of(address, prefix).get());
  if (const int e = rtnl_addr_add(socket_->get(), made.get(), 0); e < 0)
    return fail_nl("add address " + to_string(address), e);
  return {};
}

Status Links::remove_address(int index, const Subnet& address) {
  const Ptr<rtnl_addr> gone(rtnl_addr_alloc());
  rtnl_addr_set_ifindex(gone.get(), index);
  rtnl_addr_set_local(gone.get(), nl_of(address.base, address.prefix).get());
  if (const int e = rtnl_addr_delete(socket_->get(), gone.get(), 0); e < 0)
    return fail_nl("remove address " + to_string(address.base), e);
  return {};
}

Status Links::remove(const std::string& name) {
  const Ptr<rtnl_link> link(rtnl_link_alloc());
  rtnl_link_set_name(link.get(), name.c_str());
  const int e = rtnl_link_delete(socket_->get(), link.get());
  if (e < 0 && e != -NLE_OBJ_NOTFOUND && e != -NLE_NODEV) return fail_nl("remove link " + name, e);
  return {};
}

Result<int> Links::ensure_bridge(const std::string& name, const Mac& mac) {
  const Ptr<rtnl_link> bridge(rtnl_link_alloc());
  rtnl_link_set_type(bridge.get(), "bridge");
  rtnl_link_set_name(bridge.get(), name.c_str());
  rtnl_link_set_addr(bridge.get(), nl_of(mac).get());
  const int e = rtnl_link_add(socket_->get(), bridge.get(), NLM_F_CREATE | NLM_F_EXCL);
  if (e < 0 && e != -NLE_EXIST) return fail_nl("make bridge " + name, e);
  DRYDOCK_LET(const Ptr<rtnl_link> made, socket_->link(0, name.c_str()));
  const char* kind = rtnl_link_get_type(made.get());
  if (!kind || std::string_view(kind) != "bridge")
    return fail(Errc::kExists, "link " + name + " exists but is no bridge; remove it");
  return rtnl_link_get_ifindex(made.get());
}

Status Links::add_veth(const VethPlan& plan) {
  const Ptr<rtnl_link> host(rtnl_link_veth_alloc());
  rtnl_link_set_name(host.get(), plan.name.c_str());
  rtnl_link_set_mtu(host.get(), static_cast<unsigned>(plan.mtu));
  rtnl_link_set_master(host.get(), plan.bridge);
  rtnl_link_set_flags(host.get(), IFF_UP);
  const Ptr<rtnl_link> peer(rtnl_link_veth_get_peer(host.get()));
  rtnl_link_set_name(peer.get(), plan.peer.c_str());
  rtnl_link_set_mtu(peer.get(), static_cast<unsigned>(plan.mtu));
  rtnl_link_set_addr(peer.get(), nl_of(plan.mac).get());
  rtnl_link_set_ns_fd(peer.get(), plan.netns_fd);
  if (const int e = rtnl_link_add(socket_->get(), host.get(), NLM_F_CREATE | NLM_F_EXCL); e < 0)
    return fail_nl("make veth " + plan.name, e);
  return {};
}

Status Links::secure_port(int port, int bridge, const Mac& mac) {
  DRYDOCK_LET(const Ptr<rtnl_link> link, socket_->link(port, nullptr));
  if (rtnl_link_get_master(link.get()) != bridge) {
    const Ptr<rtnl_link> join(rtnl_link_alloc());
    rtnl_link_set_master(join.get(), bridge);
    DRYDOCK_TRY(socket_->change(port, join.get(), "put port on bridge"));
  }
  const Ptr<rtnl_neigh> entry(rtnl_neigh_alloc());
  rtnl_neigh_set_ifindex(entry.get(), port);
  rtnl_neigh_set_family(entry.get(), AF_BRIDGE);
  rtnl_neigh_set_lladdr(entry.get(), nl_of(mac).get());
  rtnl_neigh_set_flags(entry.get(), NTF_MASTER);
  rtnl_neigh_set_state(entry.get(), NUD_NOARP);  // what `bridge fdb add ... static` sets
  if (const int e = rtnl_neigh_add(socket_->get(), entry.get(), NLM_F_CREATE | NLM_F_REPLACE);
      e < 0)
    return fail_nl("pin a hardware address to its bridge port", e);
  return isolate(socket_->get(), port);
}

Result<std::vector<PortLink>> Links::ports_of(int bridge) {
  nl_cache* all = nullptr;
  if (const int e = rtnl_link_alloc_cache(socket_->get(), AF_UNSPEC, &all); e < 0)
    return fail_nl("list links", e);
  const Ptr<nl_cache> cache(all);
  std::vector<PortLink> ports;
  each(all, [&](nl_object* o) {
    auto* link = reinterpret_cast<rtnl_link*>(o);
    if (rtnl_link_get_master(link) == bridge)
      ports.push_back({rtnl_link_get_name(link), rtnl_link_get_ifindex(link)});
  });
  return ports;
}

Result<std::vector<std::string>> Links::bridges_but(const std::string& own) {
  nl_cache* all = nullptr;
  if (const int e = rtnl_link_alloc_cache(socket_->get(), AF_UNSPEC, &all); e < 0)
    return fail_nl("list links", e);
  const Ptr<nl_cache> cache(all);
  std::vector<std::string> found;
  each(all, [&](nl_object* o) {
    auto* link = reinterpret_cast<rtnl_link*>(o);
    const char* kind = rtnl_link_get_type(link);
    if (kind && std::string_view(kind) == "bridge" && rtnl_link_get_name(link) != own)
      found.emplace_back(rtnl_link_get_name(link));
  });
  return found;
}

Status Links::pin_neighbour(int link, Ipv4 address, const Mac& mac) {
  const Ptr<rtnl_neigh> entry = neighbour(link, address);
  rtnl_neigh_set_lladdr(entry.get(), nl_of(mac).get());
  rtnl_neigh_set_state(entry.get(), NUD_PERMANENT);
  if (const int e = rtnl_neigh_add(socket_->get(), entry.get(), NLM_F_CREATE | NLM_F_REPLACE);
      e < 0)
    return fail_nl("pin neighbour " + to_string(address), e);
  return {};
}

Status Links::unpin_neighbour(int link, Ipv4 address) {
  const Ptr<rtnl_neigh> entry = neighbour(link, address);
  const int e = rtnl_neigh_delete(socket_->get(), entry.get(), 0);
  if (e < 0 && e != -NLE_OBJ_NOTFOUND && e != -NLE_NODEV)
    return fail_nl("unpin neighbour " + to_string(address), e);
  return {};
}

Result<std::vector<Ipv4>> Links::pinned_neighbours(int link) {
  nl_cache* all = nullptr;
  if (const int e = rtnl_neigh_alloc_cache(socket_->get(), &all); e < 0)
    return fail_nl("list neighbours", e);
  const Ptr<nl_cache> cache(all);
  std::vector<Ipv4> pinned;
  each(all, [&](nl_object* o) {
    auto* entry = reinterpret_cast<rtnl_neigh*>(o);
    const Ipv4 address = ipv4_of(rtnl_neigh_get_dst(entry));
    if (rtnl_neigh_get_ifindex(entry) == link && address.value != 0 &&
        (rtnl_neigh_get_state(entry) & NUD_PERMANENT) != 0)
      pinned.push_back(address);
  });
  return pinned;
}

Status Links::add_dummy(const std::string& name, Ipv4 address, int prefix) {
  int e = 0;
  // Small kernels are built without dummy; a bridge without ports serves as well, and bridges we
  // need anyway.
  for (const char* kind : {"dummy", "bridge"}) {
    const Ptr<rtnl_link> link(rtnl_link_alloc());
    rtnl_link_set_type(link.get(), kind);
    rtnl_link_set_name(link.get(), name.c_str());
    e = rtnl_link_add(socket_->get(), link.get(), NLM_F_CREATE | NLM_F_EXCL);
    if (e != -NLE_OPNOTSUPP) break;
  }
  if (e < 0) return fail_nl("make link " + name, e);
  DRYDOCK_LET(const int index, index_of(name));
  DRYDOCK_TRY(without_ipv6(index));
  DRYDOCK_TRY(add_address(index, address, prefix));
  return set_up(index);
}

Status Links::without_ipv6(int index) {
  const Ptr<rtnl_link> quiet(rtnl_link_alloc());
  rtnl_link_inet6_set_addr_gen_mode(quiet.get(), IN6_ADDR_GEN_MODE_NONE);
  const Ptr<rtnl_link> which = change_of(index);
  const int e = rtnl_link_change(socket_->get(), which.get(), quiet.get(), 0);
  // A kernel without IPv6 has nothing to switch off.
  if (e < 0 && e != -NLE_AF_NOSUPPORT) return fail_nl("switch off IPv6 addresses", e);
  return {};
}

Status Links::add_host_route(Ipv4 to, int link, int metric) {
  const Ptr<rtnl_route> route = Socket::route(to, 32, {}, link);
  rtnl_route_set_priority(route.get(), static_cast<std::uint32_t>(metric));
  const int e = rtnl_route_add(socket_->get(), route.get(), NLM_F_CREATE | NLM_F_EXCL);
  if (e < 0 && e != -NLE_EXIST) return fail_nl("add route to " + to_string(to), e);
  return {};
}

Status Links::remove_host_route(Ipv4 to, int link, int metric) {
  const Ptr<rtnl_route> route = Socket::route(to, 32, {}, link);
  rtnl_route_set_priority(route.get(), static_cast<std::uint32_t>(metric));
  const int e = rtnl_route_delete(socket_->get(), route.get(), 0);
  if (e < 0 && e != -NLE_OBJ_NOTFOUND && e != -NLE_NODEV)
    return fail_nl("remove route to " + to_string(to), e);
  return {};
}

Status Links::add_default_route(Ipv4 gateway, int link) {
  return socket_->add_route({}, 0, gateway, link,
                            "add default route through " + to_string(gateway));
}

namespace {

// Visits every next hop of every unicast IPv4 route.
template <class F>
Status each_hop(nl_sock* sock, F visit) {
  nl_cache* all = nullptr;
  if (const int e = rtnl_route_alloc_cache(sock, AF_INET, 0, &all); e < 0)
    return fail_nl("list routes", e);
  const Ptr<nl_cache> cache(all);
  each(all, [&](nl_object* o) {
    auto* route = reinterpret_cast<rtnl_route*>(o);
    if (rtnl_route_get_type(route) != RTN_UNICAST) return;
    nl_addr* dst = rtnl_route_get_dst(route);
    const Subnet to{ipv4_of(dst), dst ? static_cast<int>(nl_addr_get_prefixlen(dst)) : 0};
    for (int i = 0; i < rtnl_route_get_nnexthops(route); ++i)
      visit(to, rtnl_route_nh_get_ifindex(rtnl_route_nexthop_n(route, i)));
  });
  return {};
}

}  // namespace

Result<std::vector<HostRoute>> Links::routes() {
  std::vector<HostRoute> routes;
  DRYDOCK_TRY(each_hop(socket_->get(), [&](const Subnet& to, int link) {
    char name[IF_NAMESIZE] = "?";
    (void)::if_indextoname(static_cast<unsigned>(link),
                           name);  // ignoring: the link may be gone by now
    routes.push_back({to, name});
  }));
  return routes;
}

Result<int> Links::default_route_mtu() {
  int link = 0;
  DRYDOCK_TRY(each_hop(socket_->get(), [&](const Subnet& to, int via) {
    if (to.prefix == 0 && link == 0) link = via;
  }));
  return link == 0 ? Result<int>(1500) : mtu_of(link);
}

}  // namespace drydock::netns
