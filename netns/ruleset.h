#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netns/address6.h"
#include "netns/security.h"

// The nftables texts (pure). The rules of the host's table do not change while the daemon lives
// (but for one a cluster, where clusters are kept apart): tasks are elements of its sets and maps.
namespace drydock::netns {

// A published port: `host` 0.0.0.0 means every address of the host.
struct PortElement {
  Ipv4 host;
  std::string protocol;  // tcp, udp
  int host_port = 0;
  Ipv4 task;
  int task_port = 0;
  bool operator==(const PortElement&) const = default;
};

// A task may send only with its own pair of hardware and IPv4 address. The pairs follow from the
// addresses (mac_of), so they enter the set in blocks of this many addresses, not with each task.
inline constexpr int kPinBlock = 256;

// The control group (v2) of the processes in tasks that have this machine's own network: its path
// below /sys/fs/cgroup, and how many groups lie above it, itself included, in the hierarchy.
struct HostGroup {
  std::string path;
  int level = 0;
};
// What they get and do not get of this machine.
struct HostDoor {
  HostGroup group;
  int metadata_port = 0;  // of 127.0.0.1, for 169.254.170.2:80
  int api_port = 0;       // closed to them; 0: none
};

struct HostRuleset {
  std::string instance;
  Subnet subnet;
  std::vector<int> pin_blocks;  // block n: addresses subnet + n * kPinBlock and up
  std::vector<PortElement> ports;
  Security security = {};
  std::vector<Member> members = {};
  std::optional<Network6> network6 = {};
  int api_port = 0;  // of the gateway, for tasks only; 0: none
  std::optional<HostDoor> host_door = {};
};

// One transaction that makes the table or replaces all of it: no packet sees a state in between.
std::string host_ruleset(const HostRuleset& plan);
std::string add_pins(std::string_view instance, const Subnet& subnet,
                     const std::optional<Network6>& network6, int block);
std::string add_ports(std::string_view instance, const std::vector<PortElement>& ports);
std::string delete_ports(std::string_view instance, const std::vector<PortElement>& ports);
// Also succeeds when the table does not exist.
std::string delete_table(std::string_view instance);

// The table inside a task's namespace (decision 1): metadata, hosts of AWS that are here, and DNS
// at `resolver` (subnet + 2).
std::string task_ruleset(Ipv4 resolver);

}  // namespace drydock::netns
