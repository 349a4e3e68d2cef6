#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "netns/address6.h"
#include "netns/plan.h"

namespace drydock::netns {

// A veth pair: `name` on the host, `peer` in the namespace.
struct VethPlan {
  std::string name;
  std::string peer;
  int bridge = 0;  // its index
  int mtu = 1500;
  int netns_fd = -1;
  Mac mac;  // of the peer
};

struct PortLink {
  std::string name;
  int index = 0;
};

// The links, addresses, routes and neighbours of the network namespace in which open() was called
// (a netlink socket stays where it was opened). One thread at a time.
class Links {
 public:
  static Result<Links> open();
  Links(Links&&) noexcept;
  Links& operator=(Links&&) noexcept;
  ~Links();

  // The index of a link; kNotFound when there is none of that name.
  Result<int> index_of(const std::string& name);
  Result<int> mtu_of(int index);
  // Its IPv4 address in the widest subnet, with the prefix length; kNotFound when it has none.
  Result<Subnet> address_of(int index);
  Result<std::vector<Subnet>> addresses_of(int index);
  Status set_up(int index);
  Status add_address(int index, Ipv4 address, int prefix);
  Status remove_address(int index, const Subnet& address);
  Status remove(const std::string& name);  // absent is success

  // The bridge with that hardware address, made if absent; its index. kExists when another kind of
  // link has the name.
  Result<int> ensure_bridge(const std::string& name, const Mac& mac);
  // A veth pair, the host's end up and on the bridge.
  Status add_veth(const VethPlan& plan);
  // Cuts a port off from the other ports and lets no hardware address but `mac` in (decision 3).
  // `port` also joins `bridge` when it does not belong to it.
  Status secure_port(int port, int bridge, const Mac& mac);
  Result<std::vector<PortLink>> ports_of(int bridge);

  // The same for IPv6, usable at once (without asking whether somebody has the address).
  Status add_address(int index, const Ipv6& address, int prefix);
  Status pin_neighbour(int link, const Ipv6& address, const Mac& mac);
  Status unpin_neighbour(int link, const Ipv6& address);  // absent is success
  // A default route through `gateway`, which is on `link`.
  Status add_default_route(const Ipv6& gateway, int link);

  // Permanent neighbours: nobody can claim another task's address by ARP.
  Status pin_neighbour(int link, Ipv4 address, const Mac& mac);
  Status unpin_neighbour(int link, Ipv4 address);  // absent is success
  // The IPv4 addresses that are pinned on a link.
  Result<std::vector<Ipv4>> pinned_neighbours(int link);

  // A link that leads nowhere, up, with its address.
  Status add_dummy(const std::string& name, Ipv4 address, int prefix);
  // No IPv6 address of its own, not even a link-local one.
  Status without_ipv6(int index);
  // `metric` tells routes of others to the same address apart; existing is success.
  Status add_host_route(Ipv4 to, int link, int metric = 0);
  Status remove_host_route(Ipv4 to, int link, int metric);  // absent is success
  Status add_default_route(Ipv4 gateway, int link);

  // Every unicast IPv4 route of every table.
  Result<std::vector<HostRoute>> routes();
  // The bridges but `own`: somebody else's packets are forwarded as well.
  Result<std::vector<std::string>> bridges_but(const std::string& own);
  // The MTU of the link of the default route; 1500 without one.
  Result<int> default_route_mtu();

 private:
  struct Socket;
  explicit Links(std::unique_ptr<Socket> socket);
  std::unique_ptr<Socket> socket_;
};

}  // namespace drydock::netns
