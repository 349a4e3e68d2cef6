#include "runtime/engine/sandbox.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/spawn.h"
#include "runtime/cgroup_internal.h"
#include "runtime/shim/hold_call.h"

namespace drydock::runtime {
namespace {

constexpr int kShmMib = 64;
constexpr const char* kGroup = "sandbox";
constexpr std::size_t kLongestComplaint = 4096;

// The largest that a container asks for: there is one /dev/shm for all.
int shared_memory_mib(const taskdef::TaskDefinition& task) {
  int mib = 0;
  for (const taskdef::ContainerDefinition& c : task.containers)
    mib = std::max(mib, c.linux_parameters.shared_memory_size_mib.value_or(0));
  return mib > 0 ? mib : kShmMib;
}

bool is_whole(const std::string& folder) {
  return cg::is_namespace(folder + "/" + shim::kPidNamespace) &&
         cg::is_namespace(folder + "/" + shim::kIpcNamespace);
}

// Runs drydock-shim to its end; the error is what it says.
Status run_shim(const Machine& m, const shim::HoldCall& call) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe");
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  SpawnRequest request;
  request.program = m.shim;
  request.args = shim::arguments(call);
  request.stderr_fd = to.get();
  DRYDOCK_LET(const Child child, spawn(request));
  to.reset();
  siginfo_t info{};
  while (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(child.pidfd.get()), &info,
                  WEXITED) != 0)
    if (errno != EINTR) return fail_errno("wait for " + m.shim);
  if (info.si_code == CLD_EXITED && info.si_status == 0) return {};
  std::string said(kLongestComplaint, '\0');
  const ssize_t n = ::read(from.get(), said.data(), said.size());
  said.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  while (said.ends_with('\n')) said.pop_back();
  return fail(Errc::kSystem, "make the task's namespaces: " + said);
}

}  // namespace

bool has_sandbox(const taskdef::TaskDefinition& task) {
  return task.pid_mode == "task" || task.ipc_mode == "task";
}

Status make_sandbox(const Machine& machine, const TaskSpec& spec) {
  const std::string folder = machine.paths.sandbox(spec.task_id);
  if (!has_sandbox(spec.definition) || is_whole(folder)) return {};
  DRYDOCK_TRY(drop_sandbox(machine.paths, spec.task_id));
  const std::string group = machine.cgroups->container_path(spec.task_id, kGroup);
  DRYDOCK_TRY(machine.cgroups->kill_all(group));
  DRYDOCK_TRY(make_dirs(folder, 0711));
  DRYDOCK_LET(std::vector<std::string> join, machine.cgroups->make_plain(group));
  return run_shim(machine, {folder, shared_memory_mib(spec.definition), std::move(join)});
}

void place_in_sandbox(const Paths& paths, const TaskSpec& spec, Placement& placement) {
  const std::string folder = paths.sandbox(spec.task_id);
  if (spec.definition.pid_mode == "task")
    placement.pid_namespace = folder + "/" + shim::kPidNamespace;
  if (spec.definition.ipc_mode == "task") {
    placement.ipc_namespace = folder + "/" + shim::kIpcNamespace;
    placement.shared_memory = folder + "/" + shim::kSharedMemory;
  }
  if (spec.definition.ipc_mode == "host") placement.shared_memory = "/dev/shm";
}

Status drop_sandbox(const Paths& paths, const std::string& task_id) {
  const std::string folder = paths.sandbox(task_id);
  if (!exists(folder)) return {};
  for (const char* name : {shim::kPidNamespace, shim::kIpcNamespace, shim::kSharedMemory}) {
    const std::string file = folder + "/" + name;
    while (::umount2(file.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
    }
    if (errno != EINVAL && errno != ENOENT) return fail_errno("unmount " + file);
  }
  return remove_tree(folder);
}

}  // namespace drydock::runtime
