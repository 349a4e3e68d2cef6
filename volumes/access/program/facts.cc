#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "volumes/access/program/served.h"

namespace drydock::volumes::access {
namespace {

void show(fuse_req_t request, fuse_ino_t number, fuse_file_info*) {
  struct stat st {};
  if (::fstatat(inodes(request).of(number).fd.get(), "", &st,
                AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0)
    fuse_reply_err(request, errno);
  else
    fuse_reply_attr(request, &st, 0);
}

timespec time_wanted(int wanted, int set, int now, const timespec& value) {
  if (wanted & now) return {0, UTIME_NOW};
  return wanted & set ? value : timespec{0, UTIME_OMIT};
}

int set_times(const Inode& inode, const struct stat& to, int wanted) {
  const timespec times[2] = {
      time_wanted(wanted, FUSE_SET_ATTR_ATIME, FUSE_SET_ATTR_ATIME_NOW, to.st_atim),
      time_wanted(wanted, FUSE_SET_ATTR_MTIME, FUSE_SET_ATTR_MTIME_NOW, to.st_mtim)};
  return ::utimensat(inode.fd.get(), "", times, AT_EMPTY_PATH);
}

int set_owner(const Inode& inode, const struct stat& to, int wanted) {
  const uid_t uid = wanted & FUSE_SET_ATTR_UID ? to.st_uid : static_cast<uid_t>(-1);
  const gid_t gid = wanted & FUSE_SET_ATTR_GID ? to.st_gid : static_cast<gid_t>(-1);
  return ::fchownat(inode.fd.get(), "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
}

int set_size(const Inode& inode, const struct stat& to, const fuse_file_info* file) {
  return file ? ::ftruncate(static_cast<int>(file->fh), to.st_size)
              : ::truncate(inode.path().c_str(), to.st_size);
}

void change(fuse_req_t request, fuse_ino_t number, struct stat* to, int wanted,
            fuse_file_info* file) {
  constexpr int kTimes =
      FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW;
  const Inode& inode = inodes(request).of(number);
  int failed = 0;
  if (wanted & FUSE_SET_ATTR_MODE) failed = ::chmod(inode.path().c_str(), to->st_mode & 07777);
  if (!failed && (wanted & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)))
    failed = set_owner(inode, *to, wanted);
  if (!failed && (wanted & FUSE_SET_ATTR_SIZE)) failed = set_size(inode, *to, file);
  if (!failed && (wanted & kTimes)) failed = set_times(inode, *to, wanted);
  if (failed)
    fuse_reply_err(request, errno);
  else
    show(request, number, file);
}

void check(fuse_req_t request, fuse_ino_t number, int mask) {
  fuse_reply_err(request,
                 ::access(inodes(request).of(number).path().c_str(), mask) == 0 ? 0 : errno);
}

void space(fuse_req_t request, fuse_ino_t number) {
  struct statvfs st {};
  if (::fstatvfs(inodes(request).of(number).fd.get(), &st) != 0)
    fuse_reply_err(request, errno);
  else
    fuse_reply_statfs(request, &st);
}

}  // namespace

void add_facts(fuse_lowlevel_ops& ops) {
  ops.getattr = show;
  ops.setattr = change;
  ops.access = check;
  ops.statfs = space;
  // No extended attributes: EFS has none.
}

}  // namespace drydock::volumes::access
