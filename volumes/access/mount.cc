#include "volumes/access/mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/files.h"
#include "volumes/places.h"

namespace drydock::volumes {
namespace {

Result<UniqueFd> mount_fuse(const std::string& target, const PosixUser& user) {
  UniqueFd fuse(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  if (!fuse)
    return fail(Errc::kUnsupported,
                "an access point with a PosixUser needs FUSE, and /dev/fuse cannot be opened: " +
                    fail_errno("open").value().message + "; load it (modprobe fuse)");
  // Without default_permissions: the kernel lets everybody through, and what a call may do is
  // decided when the process carries it out as the user.
  const std::string options = "fd=" + std::to_string(fuse.get()) +
                              ",rootmode=40000,user_id=" + std::to_string(user.uid) +
                              ",group_id=" + std::to_string(user.gid) + ",allow_other";
  if (::mount("drydock-efs", target.c_str(), "fuse.drydock-efs", MS_NOSUID | MS_NODEV,
              options.c_str()) != 0)
    return fail_errno("mount FUSE at " + target);
  return fuse;
}

}  // namespace

Result<Child> mount_access(const AccessMount& mount) {
  DRYDOCK_TRY(make_dirs(mount.target));
  DRYDOCK_LET(UniqueFd fuse, mount_fuse(mount.target, mount.user));
  SpawnRequest request;
  request.program = mount.program;
  request.args = {mount.target};
  request.env = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  request.stdin_fd = fuse.get();
  request.stdout_fd = mount.folder;
  request.identity = SpawnIdentity{mount.user.uid, mount.user.gid, mount.user.secondary_gids};
  auto child = spawn(request);
  fuse.reset();  // from here on the mount dies with the process
  if (!child) {
    (void)unmount(mount.target);
    return child;
  }
  for (const std::string& file : mount.join) {
    const UniqueFd group(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (group) (void)write_all(group.get(), std::to_string(child->pid));
  }
  if (is_mounted(mount.target)) return child;
  (void)unmount(mount.target);
  return fail(Errc::kSystem, mount.program + " ended before it served " + mount.target);
}

}  // namespace drydock::volumes
