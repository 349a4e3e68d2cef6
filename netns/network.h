#pragma once
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "netns/addresses.h"
#include "netns/ruleset.h"
#include "netns/security.h"

namespace drydock::netns::dns {
class Registry;
}

namespace drydock::netns {

struct NetworkConfig {
  std::string instance_id;           // eight hex digits (decision 4)
  std::string run_dir;               // namespaces are kept in <run_dir>/netns/<slot>
  std::string region = "us-east-1";  // for host names
  std::string subnet;  // --subnet; empty: the first default that no route of the host overlaps
  int pool_size = 4;   // ready namespaces kept in stock; 0: none
  int mtu = 9001;      // as in a VPC; 0: that of the host's default route, at most 1500
  // Name servers for what is not local, "10.0.0.2" or "127.0.0.1:5353"; empty: the host's own.
  std::vector<std::string> dns_upstreams;
  std::vector<MappedSubnet> subnets;  // parts of the subnet for tasks that name these
  Security security;
  std::string ipv6;  // a /64 like "fd00:1:2:3::/64"; empty: tasks have no IPv6
};

// One port of a namespace, or `count` that follow each other, to be reached at an address of the
// host.
struct PublishWanted {
  int container_port = 0;
  int host_port = 0;  // 0: chosen (decision 7), or from the range of dynamic ports
  std::string protocol = "tcp";
  std::string host_address = "127.0.0.1";  // "0.0.0.0": every address of the host
  int count = 1;
  bool dynamic = false;
  bool instance = false;  // also at the gateway, which is the instance's address to tasks
};
struct Published {
  std::string host_address;
  int host_port = 0;
  int container_port = 0;
  std::string protocol;
  bool operator==(const Published&) const = default;
};

// A slot that a task of an earlier daemon holds, as the store remembers it.
struct KnownSlot {
  int slot = 0;
  std::string address;
  std::vector<Published> published = {};
  TaskPlace place = {};
  std::string subnet_cidr = {};        // that it was started in; empty: the network's own
  bool ipv6 = false;                   // it has an IPv6 address
  std::string owner = "another task";  // as for publish()
};

// One namespace with its network: of a whole task, or of one of its containers. `metadata_listener`
// is a TCP socket inside, reached there at 169.254.170.2:80; it (and what it accepted) must be
// closed before release(), or the namespace lives on.
struct TaskNetwork {
  int slot = 0;
  std::string netns_path;
  std::string address;                         // "172.31.0.5", on eth1 or eth0
  int prefix = 0;                              // 16
  std::string subnet_cidr;                     // "172.31.0.0/16"
  std::string gateway;                         // "172.31.0.1"
  std::string mac;                             // lower case
  std::string ipv6_address, ipv6_subnet_cidr;  // "fd00:1:2:3::5", "fd00:1:2:3::/64"; or empty
  std::string private_dns_name;  // "ip-172-31-0-5.ec2.internal", also the host name; or empty
  std::vector<std::string> dns_servers;  // subnet + 2, where the resolver answers (decision 2)
  std::vector<std::string> dns_search;
  std::vector<std::string> notes;  // which subnet and groups of its place are not configured
  UniqueFd metadata_listener;
};

// How the host looks to the network, for `doctor`.
struct NetworkReport {
  std::string subnet, bridge, table;
  int mtu = 0;
  int ready = 0;   // namespaces in stock
  int in_use = 0;  // namespaces of tasks
  bool turned_on_ip_forward = false;
  bool bridge_nf_call_iptables = false;
  int restored = 0;  // how often others removed our table, or parts of it, and it was written again
  std::string forward_rules;  // where accept rules were put, because the host drops otherwise
  std::vector<std::string> nameservers;  // whom the resolver asks
  std::vector<Published> lost_ports;     // whose host port another program took meanwhile
  std::vector<std::string> problems;     // a sentence each: what is wrong and what to do
};

enum class CloseMode {
  kLeaveTasks,        // tasks keep their network; with no task left the same as kRemoveEverything
  kRemoveEverything,  // --ephemeral: namespaces, bridge and table go
};

// The network of all tasks of one daemon: one bridge, one nftables table, a namespace a task and a
// stock of ready ones. Every method may be called from any thread and may block (some milliseconds;
// acquire() from the stock does not). Killing the process at any instant loses nothing that open()
// would not find and sweep.
class Network {
 public:
  // Makes or adopts bridge and table, sweeps what carries the instance id and is not in `known`,
  // starts the stock. Changes nothing of another instance or of the host, but net.ipv4.ip_forward
  // (until the network is closed for good) and, where the host drops forwarded packets, two accept
  // rules. Somebody who removes our table, with `nft flush ruleset` say, gets it written again.
  // Errors say what is missing (nft, privileges, a free subnet).
  static Result<std::unique_ptr<Network>> open(const NetworkConfig& config,
                                               const std::vector<KnownSlot>& known);
  ~Network();  // stops its thread, otherwise as if the process had been killed
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // A ready network from the stock, else (and in a mapped subnet) one made now; its security groups
  // are in force when this returns. kBusy when no address is free.
  Result<TaskNetwork> acquire(const TaskPlace& place = {});
  // The network of a known slot again, with a new listener. kNotFound when its namespace is gone
  // (after a reboot).
  Result<TaskNetwork> reopen(int slot);
  // For a task in use: the hosts of these services of AWS are here. What its containers send to
  // them, on port 443, comes to the listener that this makes, in its namespace; as the metadata
  // listener it must be closed before release().
  Result<UniqueFd> keep_aws_here(int slot, const std::set<std::string>& services);
  // Publishes all or none, in one transaction. Dynamic ports are given in turn. kBusy names the
  // port that is taken and by whom; kNotFound for a slot that is not in use; kInvalid for a port or
  // address that can't be. `owner` is what it tells of this slot to another that wants one of its
  // ports.
  Result<std::vector<Published>> publish(int slot, const std::vector<PublishWanted>& wanted,
                                         const std::string& owner = "another task");
  // Ends the network of a task; a slot that is not in use is success. The kernel removes the links
  // in the background.
  Status release(int slot);
  // Removes what carries the instance id and belongs to no slot in use nor to the stock.
  Status sweep();
  // The tasks' way to this machine, "172.31.0.1".
  std::string gateway() const;
  // Keeps everyone but tasks from this TCP port of the gateway, where the daemon listens for them.
  Status guard_api(int port);
  // The tasks that run in this machine's own network. Until close_host_door() 169.254.170.2:80
  // leads their processes, and nobody else's, to the listener this returns. kUnsupported where the
  // kernel cannot tell their processes.
  Result<UniqueFd> open_host_door(const HostGroup& group);
  Status close_host_door();
  // Keeps these tasks from a TCP port of this machine, where the daemon's own API listens.
  Status guard_from_host_tasks(int api_port);
  // What the resolver of the tasks knows by itself; may be filled from any thread.
  dns::Registry& names();
  NetworkReport report();
  // Waits until the stock is full, or filling it has failed (the error), and released addresses are
  // free again. For tests and benchmarks.
  Status wait_until_stocked();
  // No other method may be called after it.
  Status close(CloseMode mode);

 private:
  struct State;
  explicit Network(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace drydock::netns
