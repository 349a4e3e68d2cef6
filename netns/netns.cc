#include "netns/netns.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>
#include <thread>

#include "base/files.h"

namespace drydock::netns {
namespace {

// A thread that can't be started is an error like any other, not the end of the daemon.
Status on_fresh_thread(const std::function<Status()>& body) {
  Status outcome;
  try {
    std::thread([&] { outcome = body(); }).join();
  } catch (const std::system_error& e) {
    return fail_errno("start a thread", e.code().value());
  }
  return outcome;
}

bool is_mount_root(const std::string& path) {
  struct statx st {};
  return ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st) == 0 &&
         (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

}  // namespace

Result<Netns> Netns::create() {
  UniqueFd fd;
  DRYDOCK_TRY(on_fresh_thread([&fd]() -> Status {
    if (::unshare(CLONE_NEWNET) != 0) return fail_errno("make a network namespace");
    fd.reset(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!fd) return fail_errno("open /proc/thread-self/ns/net");
    return {};
  }));
  return Netns(std::move(fd));
}

Result<Netns> Netns::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open network namespace " + path);
  // Without the bind mount (after a reboot, or in another mount namespace) there is but an empty
  // file.
  if (::ioctl(fd.get(), NS_GET_NSTYPE) != CLONE_NEWNET)
    return fail(Errc::kInvalid, path + " holds no network namespace");
  return Netns(std::move(fd));
}

Status Netns::keep_at(const std::string& path) const {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
  if (!file) return fail_errno("make " + path);
  const std::string self = "/proc/self/fd/" + std::to_string(fd_.get());
  if (::mount(self.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0) return {};
  auto failed = fail_errno("mount a network namespace on " + path);
  (void)::unlink(path.c_str());  // ignoring: the mount's error is the one to tell
  return failed;
}

Status Netns::run(const std::function<Status()>& body) const {
  return on_fresh_thread([&]() -> Status {
    if (::setns(fd_.get(), CLONE_NEWNET) != 0) return fail_errno("enter a network namespace");
    return body();
  });
}

Status make_keeping_folder(const std::string& folder) {
  DRYDOCK_TRY(make_dirs(folder, 0711));
  if (!is_mount_root(folder) &&
      ::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return fail_errno("mount " + folder + " (Drydock needs root with CAP_SYS_ADMIN)");
  // Between the two calls nothing is mounted inside, so nothing can have spread.
  if (::mount(nullptr, folder.c_str(), nullptr, MS_PRIVATE, nullptr) != 0)
    return fail_errno("make mount " + folder + " private");
  return {};
}

Status remove_keeping_folder(const std::string& folder) {
  if (is_mount_root(folder) && ::umount2(folder.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
    return fail_errno("unmount " + folder);
  if (::rmdir(folder.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + folder);
  return {};
}

Status forget_namespace(const std::string& path) {
  // Twice mounted (a daemon killed at the wrong moment) is possible, so until nothing is there.
  while (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
  }
  if (errno != EINVAL && errno != ENOENT) return fail_errno("unmount " + path);
  // Unlinking also removes the mount from mount namespaces that copied it.
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + path);
  return {};
}

}  // namespace drydock::netns
