#include "images/snapshot.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "base/files.h"

namespace drydock::images {
namespace {

// mount(2) copies one page of options (decision 24).
constexpr std::size_t kMaxOptions = 4095;

bool is_mount_root(const std::string& path) {
  struct statx info {};
  return ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE,
                 &info) == 0 &&
         (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

Status make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return make_dirs(path);
}

// Overlay's option syntax gives meaning to these; escaping would cost room and gain nothing: the
// paths are ours.
Status check_path(const std::string& path) {
  if (path.find_first_of(",:\\\n\"") == std::string::npos) return {};
  return fail(Errc::kUnsupported,
              "the path " + path +
                  " has a comma, colon, quote or backslash, which overlay mounts "
                  "cannot take; choose another state folder (--root)");
}

std::string options_of(const RootfsRequest& r, const std::string& upper, const std::string& work) {
  std::string options = "lowerdir=";
  for (std::size_t i = 0; i < r.lower.size(); ++i) options += (i ? ":" : "") + r.lower[i];
  // Features that tie an upper folder to one exact stack, or trust attributes in lower layers, stay
  // off.
  return options + ",upperdir=" + upper + ",workdir=" + work + ",index=off,metacopy=off";
}

tl::unexpected<Error> explain(const RootfsRequest& r, int e) {
  for (const std::string& layer : r.lower)
    if (!exists(r.layers_dir + "/" + layer))
      return fail(Errc::kNotFound, "mount " + r.target + ": the image layer " + r.layers_dir + "/" +
                                       layer + " is gone; load the image again");
  struct statfs fs {};
  if (::statfs(r.scratch.c_str(), &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC)
    return fail(Errc::kUnsupported, "mount " + r.target + ": " + r.scratch +
                                        " lies on an overlay file system, which "
                                        "cannot hold a container's changes; put the state folder "
                                        "(--root) on a volume or a tmpfs");
  return fail_errno("mount overlay on " + r.target, e);
}

// In a thread of its own, whose current folder is nobody else's: so the layers can be named
// relative to their folder and 127 of them fit. (The new mount API takes layers one by one only
// since Linux 6.8; this works on all.)
int mount_in(const std::string& layers_dir, const std::string& target, unsigned long flags,
             const std::string& options) {
  int error = 0;
  std::thread([&] {
    if (::unshare(CLONE_FS) != 0 || ::chdir(layers_dir.c_str()) != 0 ||
        ::mount("overlay", target.c_str(), "overlay", flags, options.c_str()) != 0)
      error = errno;
  }).join();
  return error;
}

}  // namespace

Rootfs::Rootfs(Rootfs&& other) noexcept : target_(std::exchange(other.target_, {})) {}

Rootfs& Rootfs::operator=(Rootfs&& other) noexcept {
  if (this != &other) {
    (void)unmount();
    target_ = std::exchange(other.target_, {});
  }
  return *this;
}

Rootfs::~Rootfs() { (void)unmount(); }

Result<Rootfs> Rootfs::mount(const RootfsRequest& r) {
  if (r.lower.empty())
    return fail(Errc::kInvalid, "mount " + r.target + ": the image has no layers");
  const std::string upper = r.scratch + "/upper";
  const std::string work = r.scratch + "/work";
  for (const std::string& path : {upper, work, r.target}) {
    DRYDOCK_TRY(check_path(path));
    DRYDOCK_TRY(make_folder(path));
  }
  // The upper folder's mode is that of the container's "/"; the umask of whoever mounts is not its
  // business.
  if (::chmod(upper.c_str(), 0755) != 0) return fail_errno("chmod " + upper);
  std::string options = options_of(r, upper, work);
  UniqueFd scratch;
  if (options.size() > kMaxOptions) {
    scratch.reset(::open(r.scratch.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!scratch) return fail_errno("open " + r.scratch);
    const std::string by_fd = "/proc/self/fd/" + std::to_string(scratch.get());
    options = options_of(r, by_fd + "/upper", by_fd + "/work");
  }
  if (options.size() > kMaxOptions)
    return fail(Errc::kUnsupported, "mount " + r.target + ": " + std::to_string(r.lower.size()) +
                                        " layers are more than one overlay mount takes");
  // What a daemon mounted here that was killed before anything ran in it.
  DRYDOCK_TRY(unmount_rootfs(r.target));
  const unsigned long flags = r.read_only ? MS_RDONLY : 0;
  if (const int error = mount_in(r.layers_dir, r.target, flags, options); error != 0)
    return explain(r, error);
  return Rootfs(r.target);
}

Result<Rootfs> Rootfs::adopt(const std::string& target) {
  if (!is_mount_root(target)) return fail(Errc::kNotFound, "nothing is mounted on " + target);
  return Rootfs(target);
}

Status Rootfs::unmount() {
  const std::string target = std::exchange(target_, {});
  return target.empty() ? Status() : unmount_rootfs(target);
}

std::string Rootfs::keep_mounted() { return std::exchange(target_, {}); }

Status unmount_rootfs(const std::string& target) {
  while (::umount2(target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
  }
  if (errno == EINVAL || errno == ENOENT) return {};
  return fail_errno("unmount " + target);
}

}  // namespace drydock::images
