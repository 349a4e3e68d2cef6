#include "volumes/bind.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/ids.h"
#include "volumes/copy.h"

namespace drydock::volumes {
namespace {

constexpr const char* kBound = "/.bound";
constexpr const char* kFilled = "/.filled";

bool is_mounted(const std::string& folder) {
  // A bind of the same file system has the same device number, so ask for the mount itself
  // (Linux 5.8).
  struct statx x {};
  return ::statx(AT_FDCWD, folder.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &x) == 0 &&
         (x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
         (x.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

// Finds (or makes) the volume's folder below `folder` without ever leaving it, and fixes it by a
// bind mount.
Status bind_inside(const PlannedVolume& volume) {
  if (is_mounted(volume.source)) return {};
  UniqueFd top(::open(volume.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!top) return fail_errno("open " + volume.folder);
  DRYDOCK_LET(const UniqueFd found, make_dirs_in_root(top.get(), volume.inside));
  DRYDOCK_TRY(make_dirs(volume.source));
  const std::string from = "/proc/self/fd/" + std::to_string(found.get());
  if (::mount(from.c_str(), volume.source.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return fail_errno("bind " + volume.folder + "/" + volume.inside);
  return {};
}

Status prepare_one(const PlannedVolume& volume) {
  if (volume.kind == Kind::kHostPath) {
    if (!exists(volume.folder))
      return fail(Errc::kNotFound, "host.sourcePath " + volume.folder +
                                       " does not exist on this machine; create it first");
    return {};
  }
  DRYDOCK_TRY(make_dirs(volume.folder));
  return volume.inside.empty() ? Status() : bind_inside(volume);
}

}  // namespace

Status prepare(const VolumePlan& plan, const std::string& root, const std::string& task_id) {
  DRYDOCK_TRY(make_dirs(task_folder(root, task_id)));
  for (const PlannedVolume& volume : plan.volumes)
    if (auto done = prepare_one(volume); !done)
      return tl::unexpected(std::move(done.error()).in("volume '" + volume.name + "'"));
  return {};
}

Status fill_from_image(const std::string& root, const std::string& task_id,
                       const std::string& source, int root_fd, const std::string& path) {
  const std::string marks = task_folder(root, task_id) + kFilled;
  DRYDOCK_TRY(make_dirs(marks, 0700));
  DRYDOCK_TRY(make_dirs(source));
  const std::string mark = marks + "/" + sha256_hex(source).substr(0, 32);
  UniqueFd lock(::open(mark.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return fail_errno("open " + mark);
  // Containers that share the volume start at the same time: the others wait here until it is
  // filled.
  while (::flock(lock.get(), LOCK_EX) != 0)
    if (errno != EINTR) return fail_errno("lock " + mark);
  struct stat st {};
  if (::fstat(lock.get(), &st) != 0) return fail_errno("look at " + mark);
  if (st.st_size > 0) return {};

  auto from = open_in_root(root_fd, path, O_RDONLY | O_DIRECTORY);
  if (from) {
    UniqueFd to(::open(source.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!to) return fail_errno("open " + source);
    // A kept folder with data of an earlier task is used as it is, as Docker does with a volume
    // that is not empty.
    if (list_dir(source).empty()) DRYDOCK_TRY(copy_tree(from->get(), to.get()));
  } else if (from.error().sys != ENOENT && from.error().sys != ENOTDIR &&
             from.error().sys != ELOOP) {
    return tl::unexpected(std::move(from.error()));
  }
  return write_all(lock.get(), "filled\n");
}

Status remove_task(const std::string& root, const std::string& task_id) {
  if (task_id.empty() || task_id.find('/') != std::string::npos || task_id.front() == '.')
    return fail(Errc::kInvalid, "'" + task_id + "' is no task id");
  const std::string folder = task_folder(root, task_id);
  for (const std::string& name : list_dir(folder + kBound)) {
    const std::string place = folder + kBound + "/" + name;
    // Until nothing is mounted there: what follows deletes, and must not reach into a kept folder.
    while (::umount2(place.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
    }
    if (errno != EINVAL && errno != ENOENT) return fail_errno("unmount " + place);
  }
  return remove_tree(folder);
}

}  // namespace drydock::volumes
