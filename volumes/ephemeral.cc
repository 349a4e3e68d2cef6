#include "volumes/ephemeral.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/files.h"
#include "base/logging.h"
#include "volumes/loop.h"
#include "volumes/places.h"
#include "volumes/plan.h"
#include "volumes/quota.h"

namespace drydock::volumes {
namespace {

// No journal: nobody reads such a file system after a crash.
const std::vector<std::string> kMkfs = {"-q", "-F",
                                        "-m", "0",
                                        "-b", "4096",
                                        "-i", "16384",
                                        "-I", "256",
                                        "-O", "^has_journal,^resize_inode",
                                        "-E", "nodiscard,lazy_itable_init=1"};
// What is deleted inside leaves the file below. Flushing the disk's own cache gains nothing.
constexpr const char* kMountOptions = "discard,noinit_itable,nobarrier";
// Of ext4 (FS_IOC_SHUTDOWN), in no header: nothing more is written.
constexpr unsigned long kShutdown = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t kWithoutFlush = 2;

std::string size_text(std::uint64_t bytes) {
  const bool whole = bytes % (1u << 30) == 0;
  return whole ? std::to_string(bytes >> 30) + " GiB" : std::to_string(bytes >> 20) + " MiB";
}

// The parts of `from` that hold data, to the same places in `to`.
Status copy_data(int from, int to) {
  std::vector<char> buffer(256u << 10);
  for (off_t at = 0;;) {
    at = ::lseek(from, at, SEEK_DATA);
    if (at < 0) return errno == ENXIO ? Status() : Status(fail_errno("look for data"));
    const off_t end = ::lseek(from, at, SEEK_HOLE);
    if (end < 0) return fail_errno("look for the data's end");
    while (at < end) {
      const auto wanted = std::min<off_t>(static_cast<off_t>(buffer.size()), end - at);
      const ssize_t n = ::pread(from, buffer.data(), static_cast<std::size_t>(wanted), at);
      if (n <= 0) return fail_errno("read");
      if (::pwrite(to, buffer.data(), static_cast<std::size_t>(n), at) != n)
        return fail_errno("write");
      at += n;
    }
  }
}

// What is still to be written goes nowhere: it is not wanted.
void shut_down(const std::string& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::uint32_t how = kWithoutFlush;
  if (fd) (void)::ioctl(fd.get(), kShutdown, &how);  // ignoring: then it is written
}

}  // namespace

LimitMeans limit_means(StorageLimit limit, bool named, bool has_project_quota) {
  if (limit == StorageLimit::kNever) return LimitMeans::kNone;
  if (has_project_quota) return LimitMeans::kProjectQuota;
  return named || limit == StorageLimit::kAlways ? LimitMeans::kSizedFile : LimitMeans::kNone;
}

Ephemeral::Ephemeral(std::string root, StorageLimit limit)
    : root_(std::move(root)), limit_(limit), has_project_quota_(enforces_projects(root_)) {}

// Containers of a task are prepared at the same time and ask for the same.
std::string Ephemeral::make(const std::string& task_id, const StorageSize& size) {
  std::unique_lock lock(mutex_);
  made_.wait(lock, [&] { return !making_.count(task_id); });
  making_.insert(task_id);
  lock.unlock();
  std::string note = make_one(task_folder(root_, task_id), task_id, size);
  lock.lock();
  making_.erase(task_id);
  made_.notify_all();
  return note;
}

std::string Ephemeral::make_one(const std::string& folder, const std::string& task_id,
                                const StorageSize& size) {
  const std::string trouble =
      "the ephemeral storage is not kept to " + size_text(size.bytes) + ": ";
  Status done = make_dirs(folder);
  if (done && (is_mounted(folder) || project_use(folder) || !list_dir(folder).empty())) return "";
  const LimitMeans means = limit_means(limit_, size.named, has_project_quota_);
  if (done && means == LimitMeans::kProjectQuota) done = limit_folder(folder, task_id, size.bytes);
  if (done && means == LimitMeans::kSizedFile) done = mount_sized(folder, size.bytes);
  if (!done) return trouble + done.error().message;
  return limit_ == StorageLimit::kNever && size.named ? trouble + "tasks.storage_limit is never"
                                                      : "";
}

Result<std::string> Ephemeral::template_of(std::uint64_t bytes) {
  const std::string folder = root_ + "/templates";
  const std::string file = folder + "/ext4-" + std::to_string(bytes);
  const std::lock_guard lock(template_mutex_);
  if (exists(file)) return file;
  DRYDOCK_TRY(make_dirs(folder, 0700));
  const std::string making = file + ".new";
  const UniqueFd fd(::open(making.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0)
    return fail_errno("make " + making + " " + size_text(bytes) + " long");
  DRYDOCK_TRY(make_file_system("ext4", making, kMkfs));
  if (::fsync(fd.get()) != 0) return fail_errno("sync " + making);
  if (::rename(making.c_str(), file.c_str()) != 0) return fail_errno("rename " + making);
  return file;
}

// The file has no name, so it is gone when the mount is, whoever was killed: the loop device holds
// it, and the mount the loop device.
Status Ephemeral::mount_sized(const std::string& folder, std::uint64_t bytes) {
  DRYDOCK_LET(const std::string pattern, template_of(bytes));
  const UniqueFd from(::open(pattern.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from) return fail_errno("open " + pattern);
  const UniqueFd file(::open(root_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0)
    return fail_errno("make a file of " + size_text(bytes) + " below " + root_);
  if (auto copied = copy_data(from.get(), file.get()); !copied)
    return tl::unexpected(std::move(copied.error()).in("copy " + pattern));
  std::string device;
  DRYDOCK_LET(const UniqueFd loop, attach_loop(file, device));
  if (::mount(device.c_str(), folder.c_str(), "ext4", 0, kMountOptions) != 0)
    return fail_errno("mount " + device + " as ext4 at " + folder);
  return {};
}

std::optional<StorageUse> Ephemeral::use(const std::string& task_id) const {
  const std::string folder = task_folder(root_, task_id);
  if (is_mounted(folder)) {
    struct statvfs told {};
    if (::statvfs(folder.c_str(), &told) != 0) return std::nullopt;
    return StorageUse{(told.f_blocks - told.f_bfree) * told.f_frsize,
                      told.f_blocks * told.f_frsize};
  }
  const auto project = project_use(folder);
  if (!project || project->limit == 0) return std::nullopt;
  return StorageUse{project->used, project->limit};
}

Status Ephemeral::remove(const std::string& task_id) {
  const std::string folder = task_folder(root_, task_id);
  if (is_mounted(folder)) {
    shut_down(folder);
    DRYDOCK_TRY(unmount(folder));
  }
  lift_limit(folder);
  return remove_tree(folder);
}

std::string Ephemeral::description() const {
  if (limit_ == StorageLimit::kNever) return "not limited (tasks.storage_limit is never)";
  if (has_project_quota_) return "limited by project quota";
  return limit_ == StorageLimit::kAlways
             ? "limited by a file system in a sparse file for each task"
             : "limited by a file system in a sparse file for tasks that name ephemeralStorage";
}

}  // namespace drydock::volumes
