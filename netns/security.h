#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netns/address6.h"

// Security groups as VPCs have them: what a task with the group may send and receive. They are
// known when the daemon starts; tasks join them as elements of sets (docs/decisions/023).
namespace drydock::netns {

// One permission. It speaks of a peer by its address, or by the group it is in.
struct SecurityRule {
  std::string protocol;  // tcp, udp, icmp; empty: every one
  int first_port = 0;    // 0 to 65535, of tcp and udp
  int last_port = 65535;
  std::string cidr;   // "10.0.0.0/8", "fd00::/8"
  std::string group;  // instead of `cidr`
  bool operator==(const SecurityRule&) const = default;
};

struct SecurityGroup {
  std::string id;  // "sg-0a1b2c"; "default" is that of tasks that name none
  std::vector<SecurityRule> ingress;
  std::vector<SecurityRule> egress;
  bool operator==(const SecurityGroup&) const = default;
};

// The group of a task that names none, where it is configured.
inline constexpr std::string_view kDefaultGroup = "default";

// What a namespace looks like inside.
enum class Shape {
  kEni,     // awsvpc: eth1 is the task's interface in its VPC, eth0 leads to the agent
  kBridge,  // a container on Docker's bridge: eth0 only, and no security groups of its own
};

// Where a task is to be, as RunTask says it. What is not configured is not enforced.
struct TaskPlace {
  std::string subnet_id;
  std::vector<std::string> security_groups;
  std::string cluster;  // its ARN
  Shape shape = Shape::kEni;
  bool operator==(const TaskPlace&) const = default;
};

// A task as the rules see it.
struct Member {
  Ipv4 address;
  std::vector<std::string> groups;  // as RunTask named them
  std::string cluster;              // its ARN
  std::optional<Ipv6> address6 = {};
  bool grouped = true;  // false: on a bridge; groups guard the interfaces of a VPC
  bool operator==(const Member&) const = default;
};

// What is enforced besides the pins and ports of every network.
struct Security {
  std::vector<SecurityGroup> groups;
  bool isolate_clusters = false;
  bool operator==(const Security&) const = default;
};

// Whether a text can be the id of a group or subnet: letters, digits and "-_.", 64 at most.
bool is_vpc_id(std::string_view id);
// kInvalid names the group and the rule that cannot be.
Status check_security(const Security& security);
// Those of the member's groups that are configured.
std::vector<std::string> enforced_groups(const Security& security, const Member& member);
// Those that are not, where any is: the user meant to enforce them.
std::vector<std::string> unknown_groups(const Security& security,
                                        const std::vector<std::string>& groups);
// Whether the table must have a rule for the member's cluster, or an element for the member.
bool concerns(const Security& security, const Member& member);

// The sets of the host's table, with the members as elements; and the chains `ingress` and `egress`
// with those they jump to. `bridge` is the tasks' link.
std::string security_sets(const Security& security, const std::vector<Member>& members);
std::string security_chains(const Security& security, const std::vector<Member>& members,
                            std::string_view bridge);
// The elements of one member in a table that has its cluster's rule. Empty: none.
std::string change_member(std::string_view verb, std::string_view table, const Security& security,
                          const Member& member);

}  // namespace drydock::netns
