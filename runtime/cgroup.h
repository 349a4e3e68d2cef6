#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/bundle/mounts.h"
#include "runtime/cgroup_mounts.h"

namespace drydock::runtime {

// What a task may use; 0 is "not limited".
struct TaskLimits {
  int cpu_units = 0;   // 1024 = one CPU
  int cpu_shares = 0;  // without cpu_units (EC2): the sum of the containers' shares
  int memory_mib = 0;
  int swap_mib = 0;  // on top of memory_mib: what its containers may have (maxSwap)
};

// The control groups of one daemon, on v1, hybrid and v2 (decision 23):
//   <parent>/daemon                            the daemon, when nobody else gave it a group
//   <parent>/shims                             the shims
//   <parent>/ecs/<task id>/<container id>      a task's limits, and its containers
// Paths are those below the hierarchies' roots, the same in each. Thread-safe: it holds no state
// but names.
class Cgroups {
 public:
  // `parent` is "/drydock-<instance>"; `run_folder` gets the kept cgroup namespace (file
  // "cgroupns"). Makes what is missing. kBusy or kUnsupported say what the machine lacks and what
  // to do.
  static Result<Cgroups> open(CgroupMounts mounts, std::string parent,
                              const std::string& run_folder);

  // The same names without touching anything: for what others made and only has to be read, killed
  // or removed.
  static Cgroups over(CgroupMounts mounts, std::string parent, const std::string& run_folder);

  // The cgroup namespace rooted at `parent` in which containers see /ecs/<task>/<container>: a path
  // for the bundle.
  const std::string& namespace_path() const { return namespace_; }
  const CgroupMounts& mounts() const { return mounts_; }
  // False when the kernel does not account swap: then no swap limit may be written.
  bool swap_limit() const { return swap_limit_; }

  std::string task_path(const std::string& task_id) const;
  std::string container_path(const std::string& task_id, const std::string& container_id) const;
  // What a container sees below /sys/fs/cgroup: its own groups only.
  std::vector<BindMount> container_mounts(const std::string& task_id,
                                          const std::string& container_id) const;

  // The task's group with its limits (about 0.2 ms); existing is success and sets the limits anew.
  Status make_task(const std::string& task_id, const TaskLimits& limits) const;
  // The container's group, where the runtime wants it before it starts (v2); on v1 the runtime
  // makes it.
  Status make_container(const std::string& task_id, const std::string& container_id) const;
  // A group for a process of ours beside a task's containers; gives back the cgroup.procs files
  // that lead into it.
  Result<std::vector<std::string>> make_plain(const std::string& path) const;
  // Kills what is left in the group `path` and below, and waits until nothing runs there. kBusy
  // after `deadline`.
  Status kill_all(const std::string& path,
                  std::chrono::milliseconds deadline = std::chrono::seconds(10)) const;
  // Kills and removes the group `path` and everything below it, in all hierarchies. Absent is
  // success.
  Status remove(const std::string& path,
                std::chrono::milliseconds deadline = std::chrono::seconds(10)) const;
  Status remove_task(const std::string& task_id) const { return remove(task_path(task_id)); }
  // Removes the tasks of this instance that are not in `known`; gives back their ids.
  Result<std::vector<std::string>> sweep(const std::set<std::string>& known) const;
  // Removes everything of this instance, the kept namespace too. The caller must have left the
  // groups.
  Status remove_all() const;

  // Processes in the group and below it.
  std::vector<pid_t> processes(const std::string& path) const;
  // The file with a line "oom_kill <count>" for the group `path`, for who must read it before the
  // group goes (shim).
  std::string oom_file(const std::string& path) const;
  // Processes of this group the kernel killed for memory; 0 when the group is gone.
  std::uint64_t oom_kills(const std::string& path) const;

  // Moves the calling process into <parent>/daemon, out of its starter's group. Not for a systemd
  // service.
  Status enter_daemon_group() const;
  // Back out of it, to the hierarchies' roots: before remove_all().
  Status leave_daemon_group() const;
  // Files into which a shim writes "0" at its start to move itself into <parent>/shims; the first
  // failure matters not.
  std::vector<std::string> shim_files() const;

 private:
  Cgroups(CgroupMounts mounts, std::string parent, std::string namespace_file);
  Status make_parents() const;
  Status keep_namespace() const;
  std::vector<std::string> roots() const;  // mount points in which the groups live
  Status limit_task(const std::string& path, const TaskLimits& limits) const;
  Status wait_empty(const std::string& path, std::chrono::steady_clock::time_point until) const;

  CgroupMounts mounts_;
  std::string parent_;
  std::string namespace_;
  bool swap_limit_ = true;
};

}  // namespace drydock::runtime
