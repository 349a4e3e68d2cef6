#include "runtime/shim/program/hold.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>

#include "base/files.h"
#include "base/spawn.h"
#include "runtime/shim/program/join_groups.h"

namespace drydock::runtime::shim {
namespace {

// The last that the kernel ends for want of memory: with it end all processes of the task.
void spare_from_oom() {
  const UniqueFd fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (fd) (void)write_all(fd.get(), "-998");  // without CAP_SYS_RESOURCE it is like any other
}

Status keep(const std::string& space, const std::string& file) {
  if (UniqueFd made(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); !made)
    return fail_errno("make " + file);
  if (::mount(space.c_str(), file.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return fail_errno("keep " + space + " at " + file);
  return {};
}

Result<std::string> own_program() {
  char path[PATH_MAX];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  if (n <= 0 || n == static_cast<ssize_t>(sizeof path)) return fail_errno("find drydock-shim");
  return std::string(path, static_cast<std::size_t>(n));
}

}  // namespace

Status hold(const HoldCall& call) {
  DRYDOCK_TRY(join_groups(call.join));
  spare_from_oom();
  const std::string memory = call.folder + "/" + kSharedMemory;
  DRYDOCK_TRY(make_dirs(memory));
  const std::string size = "mode=1777,size=" + std::to_string(call.shared_memory_mib) + "m";
  if (::mount("shm", memory.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, size.c_str()) != 0)
    return fail_errno("mount " + memory);
  if (::unshare(CLONE_NEWPID | CLONE_NEWIPC) != 0) return fail_errno("make namespaces");
  SpawnRequest first;
  DRYDOCK_LET(first.program, own_program());
  first.args = {"reap"};
  DRYDOCK_LET(const Child child, spawn(first));
  DRYDOCK_TRY(keep("/proc/self/ns/ipc", call.folder + "/" + kIpcNamespace));
  return keep("/proc/" + std::to_string(child.pid) + "/ns/pid", call.folder + "/" + kPidNamespace);
}

void reap_for_ever() {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  for (;;) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    int signal = 0;
    (void)::sigwait(&children, &signal);
  }
}

}  // namespace drydock::runtime::shim
