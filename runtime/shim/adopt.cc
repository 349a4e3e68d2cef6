#include "runtime/shim/adopt.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/shim/protocol.h"

namespace drydock::runtime::shim {
namespace {

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

// Who holds the lock; 0 when nobody does.
Result<pid_t> holder(int fd, const std::string& path) {
  struct flock lock = whole_file();
  if (::fcntl(fd, F_GETLK, &lock) != 0) return fail_errno("look for the holder of " + path);
  return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

// Takes the lock for this process, until `fd` is closed.
Status take(int fd, const std::string& path) {
  struct flock lock = whole_file();
  if (::fcntl(fd, F_SETLK, &lock) == 0) return {};
  if (errno == EAGAIN || errno == EACCES)
    return fail(Errc::kBusy, path + ": a shim holds this bundle");
  return fail_errno("lock " + path);
}

}  // namespace

Status prepare_bundle(const std::string& bundle) {
  const std::string path = bundle + "/" + kLockFile;
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("make " + path);
  DRYDOCK_TRY(take(fd.get(), path));
  for (const char* name : {kStartedFile, kExitFile, kRuntimeLog, kPidFile, kConsoleSocket}) {
    const std::string old = bundle + "/" + name;
    if (::unlink(old.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + old);
  }
  return {};
}

Result<std::optional<ShimRef>> find_shim(const std::string& bundle) {
  const std::string path = bundle + "/" + kLockFile;
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return std::optional<ShimRef>();
  if (!fd) return fail_errno("open " + path);
  for (;;) {
    DRYDOCK_LET(const pid_t pid, holder(fd.get(), path));
    if (pid == 0) return std::optional<ShimRef>();
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd && errno != ESRCH) return fail_errno("open shim " + std::to_string(pid));
    // Only if it still holds the lock now does the pidfd name it, and not a process that got its
    // number.
    DRYDOCK_LET(const pid_t still, holder(fd.get(), path));
    if (pidfd && still == pid) return std::optional(ShimRef{pid, std::move(pidfd)});
  }
}

Status retire_bundle(const std::string& bundle) {
  const std::string path = bundle + "/" + kLockFile;
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return {};
  if (!fd) return fail_errno("open " + path);
  DRYDOCK_TRY(take(fd.get(), path));
  // A late shim finds the lock taken, or the file unlinked.
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + path);
  return {};
}

}  // namespace drydock::runtime::shim
