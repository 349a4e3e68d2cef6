#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstring>

#include "volumes/access/program/served.h"

namespace drydock::volumes::access {
namespace {

int folder(fuse_req_t request, fuse_ino_t number) { return inodes(request).of(number).fd.get(); }

void look_up(fuse_req_t request, fuse_ino_t parent, const char* name) {
  reply_entry(request, parent, name);
}

void forget(fuse_req_t request, fuse_ino_t number, std::uint64_t times) {
  inodes(request).forget(number, times);
  fuse_reply_none(request);
}

void forget_many(fuse_req_t request, size_t count, fuse_forget_data* list) {
  for (size_t i = 0; i < count; ++i) inodes(request).forget(list[i].ino, list[i].nlookup);
  fuse_reply_none(request);
}

// Made by `failed` = the call's result; the new name is the answer.
void made(fuse_req_t request, int result, fuse_ino_t parent, const char* name) {
  if (result != 0)
    fuse_reply_err(request, errno);
  else
    reply_entry(request, parent, name);
}

void make_folder(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode) {
  made(request, ::mkdirat(folder(request, parent), name, mode), parent, name);
}

void make_node(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, dev_t) {
  // EFS has no devices.
  if (S_ISCHR(mode) || S_ISBLK(mode)) {
    fuse_reply_err(request, EPERM);
    return;
  }
  made(request, ::mknodat(folder(request, parent), name, mode, 0), parent, name);
}

void make_link(fuse_req_t request, const char* target, fuse_ino_t parent, const char* name) {
  made(request, ::symlinkat(target, folder(request, parent), name), parent, name);
}

void hard_link(fuse_req_t request, fuse_ino_t number, fuse_ino_t parent, const char* name) {
  const std::string path = inodes(request).of(number).path();
  made(request, ::linkat(AT_FDCWD, path.c_str(), folder(request, parent), name, AT_SYMLINK_FOLLOW),
       parent, name);
}

void read_link(fuse_req_t request, fuse_ino_t number) {
  char target[PATH_MAX + 1];
  const ssize_t n = ::readlinkat(folder(request, number), "", target, PATH_MAX);
  if (n < 0) {
    fuse_reply_err(request, errno);
    return;
  }
  target[n] = '\0';
  fuse_reply_readlink(request, target);
}

void remove_file(fuse_req_t request, fuse_ino_t parent, const char* name) {
  fuse_reply_err(request, ::unlinkat(folder(request, parent), name, 0) == 0 ? 0 : errno);
}

void remove_folder(fuse_req_t request, fuse_ino_t parent, const char* name) {
  fuse_reply_err(request, ::unlinkat(folder(request, parent), name, AT_REMOVEDIR) == 0 ? 0 : errno);
}

void rename_entry(fuse_req_t request, fuse_ino_t from, const char* name, fuse_ino_t to,
                  const char* new_name, unsigned flags) {
  const int done = ::renameat2(folder(request, from), name, folder(request, to), new_name, flags);
  fuse_reply_err(request, done == 0 ? 0 : errno);
}

}  // namespace

int find_entry(fuse_req_t request, fuse_ino_t parent, const char* name, fuse_entry_param& entry) {
  std::memset(&entry, 0, sizeof entry);  // time-outs of zero: other mounts change the same files
  Inode* found = nullptr;
  Inodes& all = inodes(request);
  if (const int error = all.look_up(all.of(parent), name, found, entry.attr)) return error;
  entry.ino = all.number_of(*found);
  return 0;
}

void reply_entry(fuse_req_t request, fuse_ino_t parent, const char* name) {
  fuse_entry_param entry;
  if (const int error = find_entry(request, parent, name, entry))
    fuse_reply_err(request, error);
  else if (fuse_reply_entry(request, &entry) != 0)
    inodes(request).forget(entry.ino, 1);
}

void add_names(fuse_lowlevel_ops& ops) {
  ops.lookup = look_up;
  ops.forget = forget;
  ops.forget_multi = forget_many;
  ops.mkdir = make_folder;
  ops.mknod = make_node;
  ops.symlink = make_link;
  ops.link = hard_link;
  ops.readlink = read_link;
  ops.unlink = remove_file;
  ops.rmdir = remove_folder;
  ops.rename = rename_entry;
}

}  // namespace drydock::volumes::access
