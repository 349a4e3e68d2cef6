#include "volumes/quota.h"

#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/ids.h"
#include "base/unique_fd.h"

namespace drydock::volumes {
namespace {

// Ours are in this range; people and other programs count from 1.
constexpr std::uint32_t kFirst = 0x6d000000;
constexpr std::uint32_t kMask = 0x00ffffff;
constexpr int kTries = 64;

int quota_call(int fd, int command, std::uint32_t id, void* data) {
  const auto whole = static_cast<unsigned>(QCMD(command, PRJQUOTA));
  return static_cast<int>(::syscall(SYS_quotactl_fd, fd, whole, id, data));
}

UniqueFd open_folder(const std::string& folder) {
  return UniqueFd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// The folder's project when it is one of ours, else 0.
std::uint32_t project_of(int fd) {
  fsxattr attributes{};
  if (::ioctl(fd, FS_IOC_FSGETXATTR, &attributes) != 0) return 0;
  return (attributes.fsx_projid & ~kMask) == kFirst ? attributes.fsx_projid : 0;
}

std::optional<ProjectUse> use_of(int fd, std::uint32_t project) {
  if_dqblk told{};
  if (quota_call(fd, Q_GETQUOTA, project, &told) != 0) {
    if (errno == ENOENT) return ProjectUse{};  // XFS, of a number that nobody has used
    return std::nullopt;
  }
  return ProjectUse{told.dqb_curspace, told.dqb_bhardlimit * QIF_DQBLKSIZE};
}

Status set_limit(int fd, std::uint32_t project, std::uint64_t bytes) {
  if_dqblk wanted{};
  wanted.dqb_bhardlimit = bytes / QIF_DQBLKSIZE;
  wanted.dqb_valid = QIF_BLIMITS;
  if (quota_call(fd, Q_SETQUOTA, project, &wanted) != 0)
    return fail_errno("set the quota of project " + std::to_string(project));
  return {};
}

Result<std::uint32_t> free_project(int fd, const std::string& name) {
  const auto begin =
      static_cast<std::uint32_t>(std::stoul(sha256_hex(name).substr(0, 6), nullptr, 16));
  for (std::uint32_t i = 0; i < kTries; ++i) {
    const std::uint32_t project = kFirst | ((begin + i) & kMask);
    const auto use = use_of(fd, project);
    if (!use) return fail_errno("ask for the quota of project " + std::to_string(project));
    if (use->used == 0 && use->limit == 0) return project;
  }
  return fail(Errc::kBusy, "no project number is free for a quota");
}

}  // namespace

bool enforces_projects(const std::string& folder) {
  const UniqueFd fd = open_folder(folder);
  fs_quota_stat state{};
  return fd && quota_call(fd.get(), Q_XGETQSTAT, 0, &state) == 0 &&
         (state.qs_flags & FS_QUOTA_PDQ_ENFD) != 0;
}

Status limit_folder(const std::string& folder, const std::string& name, std::uint64_t bytes) {
  const UniqueFd fd = open_folder(folder);
  if (!fd) return fail_errno("open " + folder);
  DRYDOCK_LET(const std::uint32_t project, free_project(fd.get(), name));
  DRYDOCK_TRY(set_limit(fd.get(), project, bytes));
  fsxattr attributes{};
  if (::ioctl(fd.get(), FS_IOC_FSGETXATTR, &attributes) != 0)
    return fail_errno("read the attributes of " + folder);
  attributes.fsx_projid = project;
  attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
  if (::ioctl(fd.get(), FS_IOC_FSSETXATTR, &attributes) == 0) return {};
  const auto failed = fail_errno("make " + folder + " project " + std::to_string(project));
  (void)set_limit(fd.get(), project, 0);
  return failed;
}

std::optional<ProjectUse> project_use(const std::string& folder) {
  const UniqueFd fd = open_folder(folder);
  const std::uint32_t project = fd ? project_of(fd.get()) : 0;
  return project != 0 ? use_of(fd.get(), project) : std::nullopt;
}

void lift_limit(const std::string& folder) {
  const UniqueFd fd = open_folder(folder);
  const std::uint32_t project = fd ? project_of(fd.get()) : 0;
  if (project != 0) (void)set_limit(fd.get(), project, 0);  // ignoring: the number stays taken
}

}  // namespace drydock::volumes
