#include "runtime/stats.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "runtime/cgroup_mounts.h"

namespace drydock::runtime {
namespace {

constexpr std::size_t kLongest = 1u << 20;

std::string text_of(const std::string& file) { return read_file(file, kLongest).value_or(""); }

std::uint64_t tick_ns() {
  const long ticks = ::sysconf(_SC_CLK_TCK);
  return 1'000'000'000ULL / static_cast<std::uint64_t>(ticks > 0 ? ticks : 100);
}

std::uint64_t machine_memory() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// The least limit from the group up to its parent, the task's.
std::uint64_t memory_limit(const std::string& root, const std::string& path, const char* file) {
  std::uint64_t least = machine_memory();
  for (const std::string& one : {path, parent_of(path)})
    if (const auto limit = one_limit(text_of(root + one + file))) least = std::min(least, *limit);
  return least;
}

void read_v2(const std::string& root, const std::string& path, GroupStats& out) {
  const std::string group = root + path;
  out.v2 = true;
  out.cpu = cpu_of_v2(text_of(group + "/cpu.stat"));
  out.io_bytes = blocks_of_v2(text_of(group + "/io.stat"));
  out.memory_usage = one_limit(text_of(group + "/memory.current")).value_or(0);
  out.memory = flat_counters(text_of(group + "/memory.stat"));
  const auto events = flat_counters(text_of(group + "/memory.events"));
  if (const auto kills = events.find("oom_kill"); kills != events.end())
    out.memory_failures = kills->second;
  out.memory_limit = memory_limit(root, path, "/memory.max");
}

// With the BFQ scheduler the throttling files stay empty.
std::vector<BlockCounter> blocks_v1(const std::string& group, const char* what) {
  auto found = blocks_of_v1(text_of(group + "/blkio.throttle." + what + "_recursive"));
  if (found.empty()) found = blocks_of_v1(text_of(group + "/blkio.bfq." + what + "_recursive"));
  return found;
}

void read_v1(const CgroupMounts& mounts, const std::string& path, GroupStats& out) {
  const std::string account = mounts.of("cpuacct") + path;
  out.cpu =
      cpu_of_v1(text_of(account + "/cpuacct.usage"), text_of(account + "/cpuacct.usage_percpu"),
                text_of(account + "/cpuacct.stat"), text_of(mounts.of("cpu") + path + "/cpu.stat"),
                tick_ns());
  if (const std::string blkio = mounts.of("blkio"); !blkio.empty()) {
    out.io_bytes = blocks_v1(blkio + path, "io_service_bytes");
    out.io_operations = blocks_v1(blkio + path, "io_serviced");
  }
  const std::string memory = mounts.of("memory");
  out.memory_usage = one_limit(text_of(memory + path + "/memory.usage_in_bytes")).value_or(0);
  out.memory_peak = one_limit(text_of(memory + path + "/memory.max_usage_in_bytes")).value_or(0);
  out.memory_failures = one_limit(text_of(memory + path + "/memory.failcnt")).value_or(0);
  out.memory = flat_counters(text_of(memory + path + "/memory.stat"));
  out.memory_limit = memory_limit(memory, path, "/memory.limit_in_bytes");
}

}  // namespace

Result<GroupStats> read_group_stats(const CgroupMounts& mounts, const std::string& path) {
  const std::string memory = mounts.of("memory");
  if (path.empty() || path.front() != '/' || !exists(memory + path))
    return fail(Errc::kNotFound, "the control group '" + path + "' is not there");
  GroupStats out;
  if (mounts.pure_v2())
    read_v2(mounts.unified, path, out);
  else
    read_v1(mounts, path, out);
  if (const std::string pids = mounts.of("pids"); !pids.empty()) {
    out.pids = one_limit(text_of(pids + path + "/pids.current")).value_or(0);
    out.pids_limit = one_limit(text_of(pids + path + "/pids.max")).value_or(0);
  }
  return out;
}

Result<std::map<std::string, InterfaceCounters>> read_interfaces(pid_t pid,
                                                                 const std::string& netns) {
  const std::string process = "/proc/" + std::to_string(pid);
  const auto counters = read_file(process + "/net/dev", kLongest);
  // Looked at afterwards: the number may have gone to another process.
  struct stat kept {};
  struct stat its {};
  if (!counters || ::stat(netns.c_str(), &kept) != 0 ||
      ::stat((process + "/ns/net").c_str(), &its) != 0 || kept.st_ino != its.st_ino ||
      kept.st_dev != its.st_dev)
    return fail(Errc::kNotFound, "process " + std::to_string(pid) + " is not in " + netns);
  return interfaces_of(*counters);
}

HostCpu read_host_cpu() {
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  return {host_ticks(text_of("/proc/stat")) * tick_ns(),
          static_cast<unsigned>(online > 0 ? online : 1)};
}

}  // namespace drydock::runtime
