#include "runtime/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/files.h"
#include "runtime/cgroup_internal.h"

namespace drydock::runtime {
namespace {

constexpr std::int64_t kPeriod = 100'000;    // us: the ECS agent's, task-definition.md 2.2
constexpr std::int64_t kLeastQuota = 1'000;  // us: the kernel's
constexpr const char* kDelegated[] = {"cpu", "memory", "pids", "cpuset", "io"};

std::string base_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

// A new cpuset of v1 has no CPU and takes no process until it gets its parent's.
Status copy_cpuset(const std::string& from, const std::string& to) {
  for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
    DRYDOCK_LET(const std::string now, read_file(to + file, 65536));
    if (!now.empty() && now != "\n") continue;
    DRYDOCK_LET(const std::string value, read_file(from + file, 65536));
    DRYDOCK_TRY(cg::write_value(to + file, value));
  }
  return {};
}

// Lets the groups below `folder` have controllers (v2). The first two must work, the others are
// welcome.
Status delegate(const std::string& folder) {
  const std::string have = " " + read_file(folder + "/cgroup.subtree_control", 4096).value_or("");
  for (std::size_t i = 0; i < std::size(kDelegated); ++i) {
    const std::string name = kDelegated[i];
    if (have.find(" " + name + " ") != std::string::npos ||
        have.find(" " + name + "\n") != std::string::npos)
      continue;
    auto done = cg::write_value(folder + "/cgroup.subtree_control", "+" + name);
    if (done || i > 1) continue;
    if (done.error().sys == EBUSY)
      return fail(
          Errc::kBusy,
          "cannot limit '" + name + "' below " + folder +
              ": the group itself holds processes (a container without a cgroup tree of its own?); "
              "move them into a group below it first");
    if (done.error().sys == ENOENT)
      return fail(Errc::kUnsupported, "cannot limit '" + name + "' below " + folder +
                                          ": its own parent does not hand that controller down");
    return tl::unexpected(std::move(done.error()));
  }
  return {};
}

}  // namespace

Cgroups::Cgroups(CgroupMounts mounts, std::string parent, std::string namespace_file)
    : mounts_(std::move(mounts)),
      parent_(std::move(parent)),
      namespace_(std::move(namespace_file)) {}

Result<Cgroups> Cgroups::open(CgroupMounts mounts, std::string parent,
                              const std::string& run_folder) {
  if (parent.size() < 2 || parent.front() != '/' || parent.find('/', 1) != std::string::npos)
    return fail(Errc::kInvalid, "cgroup parent '" + parent + "' is not of the form /name");
  Cgroups groups = over(std::move(mounts), std::move(parent), run_folder);
  DRYDOCK_TRY(groups.make_parents());
  groups.swap_limit_ =
      exists(groups.mounts_.of("memory") + groups.parent_ +
             (groups.mounts_.pure_v2() ? "/memory.swap.max" : "/memory.memsw.limit_in_bytes"));
  return groups;
}

Cgroups Cgroups::over(CgroupMounts mounts, std::string parent, const std::string& run_folder) {
  return {std::move(mounts), std::move(parent), run_folder + "/cgroupns"};
}

std::vector<std::string> Cgroups::roots() const {
  std::vector<std::string> all;
  for (const CgroupHierarchy& hierarchy : mounts_.v1) all.push_back(hierarchy.mount);
  if (!mounts_.unified.empty()) all.push_back(mounts_.unified);
  return all;
}

Status Cgroups::make_parents() const {
  bool fresh = !cg::is_namespace(namespace_);
  for (const std::string& root : roots()) {
    DRYDOCK_LET(const bool made, cg::make_group(root + parent_));
    fresh = fresh || made;  // a kept namespace would be rooted in a group that is gone
    if (exists(root + parent_ + "/cpuset.cpus") && !mounts_.pure_v2())
      DRYDOCK_TRY(copy_cpuset(root, root + parent_));
    // Kernels before 5.11 count children for their parents only when asked; EBUSY: it was asked
    // before.
    if (exists(root + parent_ + "/memory.use_hierarchy"))
      (void)cg::write_value(root + parent_ + "/memory.use_hierarchy", "1");
  }
  if (fresh) DRYDOCK_TRY(keep_namespace());
  if (mounts_.pure_v2()) {
    DRYDOCK_TRY(delegate(mounts_.unified));
    DRYDOCK_TRY(delegate(mounts_.unified + parent_));
  }
  for (const std::string& root : {mounts_.of("cpu"), mounts_.of("memory")})
    DRYDOCK_TRY(cg::make_group(root + parent_ + "/ecs"));
  DRYDOCK_TRY(cg::make_group(mounts_.of("memory") + parent_ + "/shims"));
  if (mounts_.pure_v2()) DRYDOCK_TRY(delegate(mounts_.unified + parent_ + "/ecs"));
  return {};
}

Status Cgroups::keep_namespace() const {
  std::vector<std::string> folders;
  for (const std::string& root : roots()) folders.push_back(root + parent_);
  if (mounts_.pure_v2()) {
    // Nobody may enter a group that hands controllers down; without tasks in it that can be taken
    // back.
    for (const char* name : kDelegated)
      (void)cg::write_value(folders.front() + "/cgroup.subtree_control", "-" + std::string(name));
  }
  auto kept = cg::keep_namespace(folders, namespace_);
  if (!kept && kept.error().sys == EBUSY)
    return fail(Errc::kBusy, "the kept cgroup namespace " + namespace_ +
                                 " is gone while tasks still run below " + folders.front() +
                                 "; stop their processes, then start again");
  return kept;
}

std::string Cgroups::task_path(const std::string& task_id) const {
  return parent_ + "/ecs/" + task_id;
}

std::string Cgroups::container_path(const std::string& task_id,
                                    const std::string& container_id) const {
  return task_path(task_id) + "/" + container_id;
}

std::vector<BindMount> Cgroups::container_mounts(const std::string& task_id,
                                                 const std::string& container_id) const {
  const std::string path = container_path(task_id, container_id);
  std::vector<BindMount> list;
  auto add = [&](const std::string& source, const std::string& destination) {
    list.push_back({source + path, destination, true, false, ""});
  };
  if (mounts_.pure_v2()) {
    // Programs look in /sys/fs/cgroup itself, or below it at the path that /proc/self/cgroup names
    // (libuv, older Java machines): both lead to the container's own group.
    add(mounts_.unified, "/sys/fs/cgroup");
    add(mounts_.unified, "/sys/fs/cgroup/ecs/" + task_id + "/" + container_id);
    return list;
  }
  static constexpr std::string_view kShown[] = {"cpu",    "cpuacct", "cpuset",
                                                "memory", "pids",    "blkio"};
  for (const CgroupHierarchy& hierarchy : mounts_.v1) {
    const bool shown = std::any_of(std::begin(kShown), std::end(kShown), [&](std::string_view c) {
      return mounts_.of(c) == hierarchy.mount;
    });
    if (!shown) continue;
    add(hierarchy.mount, "/sys/fs/cgroup/" + base_name(hierarchy.mount));
    for (const std::string& controller : hierarchy.controllers)  // "cpu" beside "cpu,cpuacct"
      if (controller != base_name(hierarchy.mount))
        add(hierarchy.mount, "/sys/fs/cgroup/" + controller);
  }
  return list;
}

Status Cgroups::make_task(const std::string& task_id, const TaskLimits& limits) const {
  const std::string path = task_path(task_id);
  bool fresh = false;
  auto done = [&]() -> Status {
    for (const std::string& root : {mounts_.of("cpu"), mounts_.of("memory")}) {
      DRYDOCK_LET(const bool made, cg::make_group(root + path));
      fresh = fresh || made;
    }
    DRYDOCK_TRY(limit_task(path, limits));
    return mounts_.pure_v2() ? delegate(mounts_.unified + path) : Status();
  }();
  if (!done) {
    if (fresh) (void)remove(path);  // the first error is the one to tell
    return tl::unexpected(std::move(done.error()).in("cgroup of task " + task_id));
  }
  return {};
}

Status Cgroups::limit_task(const std::string& path, const TaskLimits& limits) const {
  const std::string cpu = mounts_.of("cpu") + path;
  const std::string memory = mounts_.of("memory") + path;
  const bool v2 = mounts_.pure_v2();
  const int shares = std::clamp(limits.cpu_shares, 2, 262144);
  if (limits.cpu_units > 0) {
    const std::string quota =
        std::to_string(std::max(limits.cpu_units * kPeriod / 1024, kLeastQuota));
    if (v2) {
      DRYDOCK_TRY(cg::write_value(cpu + "/cpu.max", quota + " " + std::to_string(kPeriod)));
    } else {
      DRYDOCK_TRY(cg::write_value(cpu + "/cpu.cfs_period_us", std::to_string(kPeriod)));
      DRYDOCK_TRY(cg::write_value(cpu + "/cpu.cfs_quota_us", quota));
    }
  } else if (limits.cpu_shares > 0) {
    if (v2)
      DRYDOCK_TRY(
          cg::write_value(cpu + "/cpu.weight", std::to_string(1 + (shares - 2) * 9999LL / 262142)));
    else
      DRYDOCK_TRY(cg::write_value(cpu + "/cpu.shares", std::to_string(shares)));
  }
  if (limits.memory_mib <= 0) return {};
  const std::string bytes = std::to_string(static_cast<std::int64_t>(limits.memory_mib) << 20);
  // v1 wants memory <= memory plus swap at every moment. (Absent: swap is not accounted.)
  if (!v2) (void)cg::write_value(memory + "/memory.memsw.limit_in_bytes", "-1");
  DRYDOCK_TRY(cg::write_value(memory + (v2 ? "/memory.max" : "/memory.limit_in_bytes"), bytes));
  const auto swap = [&](std::int64_t mib) { return std::to_string(mib << 20); };
  auto swap_set = v2 ? cg::write_value(memory + "/memory.swap.max", swap(limits.swap_mib))
                     : cg::write_value(memory + "/memory.memsw.limit_in_bytes",
                                       swap(std::int64_t{limits.memory_mib} + limits.swap_mib));
  if (!swap_set && swap_set.error().code != Errc::kNotFound) return swap_set;
  return {};
}

Status Cgroups::make_container(const std::string& task_id, const std::string& container_id) const {
  if (!mounts_.pure_v2()) return {};
  const std::string own = mounts_.unified + container_path(task_id, container_id);
  // The empty groups below are the places for the second mount of container_mounts.
  for (const std::string& folder :
       {own, own + "/ecs", own + "/ecs/" + task_id, own + "/ecs/" + task_id + "/" + container_id})
    DRYDOCK_TRY(cg::make_group(folder));
  return {};
}

Result<std::vector<std::string>> Cgroups::make_plain(const std::string& path) const {
  const std::string folder = mounts_.of("memory") + path;
  DRYDOCK_TRY(cg::make_group(folder));
  return std::vector<std::string>{folder + "/cgroup.procs"};
}

Status Cgroups::enter_daemon_group() const {
  for (const std::string& root : roots()) {
    const std::string folder = root + parent_ + "/daemon";
    DRYDOCK_TRY(cg::make_group(folder));
    if (exists(folder + "/cpuset.cpus") && !mounts_.pure_v2())
      DRYDOCK_TRY(copy_cpuset(root + parent_, folder));
    DRYDOCK_TRY(cg::write_value(folder + "/cgroup.procs", "0"));
  }
  return {};
}

Status Cgroups::leave_daemon_group() const {
  for (const std::string& root : roots())
    if (exists(root + parent_ + "/daemon"))
      DRYDOCK_TRY(cg::write_value(root + "/cgroup.procs", "0"));
  return {};
}

std::vector<std::string> Cgroups::shim_files() const {
  // v1's "tasks" moves one thread without the global lock that makes "cgroup.procs" cost
  // milliseconds; a shim has one.
  return {mounts_.of("memory") + parent_ + "/shims/" +
          (mounts_.pure_v2() ? "cgroup.procs" : "tasks")};
}

}  // namespace drydock::runtime
