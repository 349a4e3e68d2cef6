#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "netns/address.h"

// Every decision of the task network that needs no kernel: names, subnets, ports and the three
// files of /etc.
namespace drydock::netns {

// What a task's namespace looks like inside (decisions 1 and 2, metadata.md section 1).
inline constexpr Ipv4 kMetadataAddress{0xa9feaa02};  // 169.254.170.2
inline constexpr int kMetadataPort = 51679;       // where the daemon listens for it, on 127.0.0.1
inline constexpr int kDnsPort = 51653;            // the same for the resolver
inline constexpr Ipv4 kAwsAddress{0xa9feaa03};    // 169.254.170.3: hosts of AWS that are here
inline constexpr int kAwsPort = 51643;            // where the daemon listens for them
inline constexpr Ipv4 kLinkLocalDns{0xa9fea9fd};  // 169.254.169.253
inline constexpr Subnet kEcsBridge{{0xa9feac00}, 22};  // 169.254.172.0/22
inline constexpr Ipv4 kEcsBridgeAddress{0xa9feac02};   // eth0 of every task

// Names carry the instance id, eight hex digits (decision 4). kInvalid when `id` is anything else.
Status check_instance_id(std::string_view id);
std::string table_name(std::string_view instance);   // drydock_<i>
std::string bridge_name(std::string_view instance);  // dd<i>
std::string veth_name(std::string_view instance,
                      int slot);  // dd<first 4 of i><slot>, at most 15 characters

// A subnet of the host's routing tables and the link it leads to.
struct HostRoute {
  Subnet to;
  std::string link;
};
// `wanted`, or the first default that overlaps no route of the host (decision 7). Routes through
// `own_bridge` don't count. kInvalid for a `wanted` that can't be used, kBusy when it or every
// default overlaps: each names the route.
Result<Subnet> choose_subnet(std::string_view wanted, const std::vector<HostRoute>& routes,
                             std::string_view own_bridge);

// The host ports to try for a container port, in order: the same number (8000 + port below 1024),
// then the next ones upward, around the end to 1024 (decision 7). At most `limit` of them.
std::vector<int> port_candidates(int container_port, int limit);

// The first ports of all blocks of `count` in a range of dynamic ports, in order, beginning behind
// `last` and around the end. Empty when the range is too small.
struct PortRange {
  int first = 49153;
  int last = 65535;
};
std::vector<int> dynamic_candidates(PortRange range, int last, int count);
// What ip_local_port_range says; the range that ECS's agent takes when that says nothing.
PortRange dynamic_range(std::string_view ip_local_port_range);

// "us-east-1" -> "ec2.internal", others "<region>.compute.internal" (task-definition.md 4.1).
std::string dns_suffix(std::string_view region);
// "ip-172-31-0-5.<suffix>": host name and private DNS name of a task.
std::string private_dns_name(Ipv4 address, std::string_view region);

// The contents of /etc/hostname, /etc/hosts and /etc/resolv.conf (metadata.md section 16).
std::string hostname_file(std::string_view name);
std::string hosts_file(std::string_view address, std::string_view name);
std::string resolv_conf_file(const std::vector<std::string>& servers,
                             const std::vector<std::string>& search);

}  // namespace drydock::netns
