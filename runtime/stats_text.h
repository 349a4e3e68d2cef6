#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The kernel's text files with counters, read. Pure; what is malformed counts as absent.
namespace drydock::runtime {

struct CpuCounters {  // times in ns
  std::uint64_t total = 0;
  std::uint64_t kernel = 0;
  std::uint64_t user = 0;
  std::vector<std::uint64_t> each;  // a processor; v1 only
  std::uint64_t periods = 0;
  std::uint64_t throttled_periods = 0;
  std::uint64_t throttled_time = 0;
  bool operator==(const CpuCounters&) const = default;
};

struct BlockCounter {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::string op;  // v1 "Read", "Write", "Sync", ...; v2 "read", "write"
  std::uint64_t value = 0;
  bool operator==(const BlockCounter&) const = default;
};

struct InterfaceCounters {
  std::uint64_t rx_bytes = 0, rx_packets = 0, rx_errors = 0, rx_dropped = 0;
  std::uint64_t tx_bytes = 0, tx_packets = 0, tx_errors = 0, tx_dropped = 0;
  bool operator==(const InterfaceCounters&) const = default;
};

// Lines "name number": memory.stat, cpu.stat, cpuacct.stat.
std::map<std::string, std::uint64_t> flat_counters(std::string_view text);
// One number; none for "max", what is no number, and v1's way to say "no limit".
std::optional<std::uint64_t> one_limit(std::string_view text);

CpuCounters cpu_of_v2(std::string_view cpu_stat);
// `tick` is a tick of cpuacct.stat in ns.
CpuCounters cpu_of_v1(std::string_view usage, std::string_view usage_percpu,
                      std::string_view cpuacct_stat, std::string_view cpu_stat, std::uint64_t tick);
// io.stat: bytes read and written of each device.
std::vector<BlockCounter> blocks_of_v2(std::string_view io_stat);
// blkio.*: lines "major:minor op value".
std::vector<BlockCounter> blocks_of_v1(std::string_view text);
// /proc/<pid>/net/dev, by the interface's name.
std::map<std::string, InterfaceCounters> interfaces_of(std::string_view net_dev);
// The first line of /proc/stat in ticks: user, nice, system, idle, iowait, irq, softirq, steal.
std::uint64_t host_ticks(std::string_view proc_stat);

}  // namespace drydock::runtime
