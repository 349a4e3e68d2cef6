#pragma once
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/stats_text.h"

// What a control group and a network namespace have used. Reads files of the kernel; blocks no
// longer than that.
namespace drydock::runtime {

struct CgroupMounts;

struct GroupStats {
  bool v2 = false;
  CpuCounters cpu;
  std::vector<BlockCounter> io_bytes;
  std::vector<BlockCounter> io_operations;  // v1 only
  std::uint64_t memory_usage = 0;
  std::uint64_t memory_peak = 0;  // v1 only
  std::uint64_t memory_failures = 0;
  std::uint64_t memory_limit = 0;  // the container's, else its task's, else the machine's
  std::map<std::string, std::uint64_t> memory;  // memory.stat
  std::uint64_t pids = 0;
  std::uint64_t pids_limit = 0;  // 0: none
};

struct HostCpu {
  std::uint64_t total = 0;  // ns, all processors together, idle time too
  unsigned online = 0;
};

// The group `path` below the mounts' roots. kNotFound when it is gone.
Result<GroupStats> read_group_stats(const CgroupMounts& mounts, const std::string& path);
// The interfaces of the namespace kept at `netns`, asked of the process `pid` in it. kNotFound when
// that process is gone or in another namespace.
Result<std::map<std::string, InterfaceCounters>> read_interfaces(pid_t pid,
                                                                 const std::string& netns);
HostCpu read_host_cpu();

}  // namespace drydock::runtime
