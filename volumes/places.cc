#include "volumes/places.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <sstream>

#include "base/files.h"

namespace drydock::volumes {
namespace {

struct Flag {
  std::string_view name;
  unsigned long set;
  unsigned long cleared;
};
constexpr std::array<Flag, 14> kFlags = {{{"ro", MS_RDONLY, 0},
                                          {"rw", 0, MS_RDONLY},
                                          {"nosuid", MS_NOSUID, 0},
                                          {"suid", 0, MS_NOSUID},
                                          {"nodev", MS_NODEV, 0},
                                          {"dev", 0, MS_NODEV},
                                          {"noexec", MS_NOEXEC, 0},
                                          {"exec", 0, MS_NOEXEC},
                                          {"sync", MS_SYNCHRONOUS, 0},
                                          {"async", 0, MS_SYNCHRONOUS},
                                          {"noatime", MS_NOATIME, 0},
                                          {"relatime", MS_RELATIME, 0},
                                          {"nodiratime", MS_NODIRATIME, 0},
                                          {"defaults", 0, 0}}};

// Takes the options that are flags of mount(2) out of `options`.
unsigned long flags_of(const std::string& options, std::string& rest) {
  unsigned long flags = MS_NOSUID | MS_NODEV;
  std::istringstream in(options);
  for (std::string one; std::getline(in, one, ',');) {
    if (one.empty()) continue;
    bool known = false;
    for (const Flag& flag : kFlags)
      if (flag.name == one) {
        flags = (flags | flag.set) & ~flag.cleared;
        known = true;
      }
    if (!known) rest += (rest.empty() ? "" : ",") + one;
  }
  return flags;
}

bool kernel_has(const std::string& type) {
  const auto known = read_file("/proc/filesystems");
  if (!known) return true;  // let mount(2) tell
  std::istringstream lines(*known);
  for (std::string line; std::getline(lines, line);)
    if (line.substr(line.rfind('\t') + 1) == type) return true;
  return false;
}

Status own(int fd, const CreationInfo& info) {
  if (::fchownat(fd, "", info.uid, info.gid, AT_EMPTY_PATH) != 0)
    return fail_errno("set the owner");
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  if (::chmod(path.c_str(), info.permissions) != 0) return fail_errno("set the permissions");
  return {};
}

}  // namespace

bool is_mounted(const std::string& folder) {
  // A bind of the same file system has the same device number, so ask for the mount itself
  // (Linux 5.8). It also waits for a file system in user space to be ready.
  struct statx x {};
  return ::statx(AT_FDCWD, folder.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &x) == 0 &&
         (x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
         (x.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

Status unmount(const std::string& place) {
  while (::umount2(place.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
  }
  if (errno != EINVAL && errno != ENOENT) return fail_errno("unmount " + place);
  return {};
}

Status bind_folder(int fd, const std::string& target) {
  DRYDOCK_TRY(make_dirs(target));
  const std::string from = "/proc/self/fd/" + std::to_string(fd);
  if (::mount(from.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return fail_errno("bind to " + target);
  return {};
}

Result<UniqueFd> open_inside(const std::string& folder, const std::string& inside,
                             const std::optional<CreationInfo>& creation) {
  UniqueFd top(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!top) return fail_errno("open " + folder);
  if (inside.empty()) return top;
  if (!creation) return make_dirs_in_root(top.get(), inside);
  UniqueFd found;
  for (std::size_t end = 0; end != std::string::npos;) {
    end = inside.find('/', end + 1);
    const std::string part = inside.substr(0, end);
    auto there = open_in_root(top.get(), part, O_PATH | O_DIRECTORY);
    if (!there && there.error().sys == ENOENT) {
      there = make_dirs_in_root(top.get(), part, 0700);
      if (there) DRYDOCK_TRY(own(there->get(), *creation));
    }
    if (!there) return tl::unexpected(std::move(there.error()));
    found = std::move(*there);
  }
  return found;
}

Status mount_driver(const DriverMount& mount, const std::string& target) {
  if (!kernel_has(mount.type)) {
    const bool nfs = mount.type.starts_with("nfs");
    return fail(Errc::kUnsupported,
                "driverOpts.type '" + mount.type + "': this machine's kernel has no " +
                    (nfs ? "NFS client; load it (modprobe nfs), or mount it yourself and name the "
                           "folder with o=bind"
                         : "such file system"));
  }
  std::string rest;
  const unsigned long flags = flags_of(mount.options, rest);
  DRYDOCK_TRY(make_dirs(target));
  if (::mount(mount.device.c_str(), target.c_str(), mount.type.c_str(), flags, rest.c_str()) != 0)
    return fail_errno("mount " + mount.device + " (type " + mount.type + ", o=" + mount.options +
                      ")");
  return {};
}

}  // namespace drydock::volumes
