#pragma once
#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include "volumes/access/program/inodes.h"

// The calls of the file system. Each is carried out on the real folder by this process, which runs
// as the access point's user: the kernel's own checks are the access point's.
namespace drydock::volumes::access {

inline Inodes& inodes(fuse_req_t request) {
  return *static_cast<Inodes*>(fuse_req_userdata(request));
}

void add_names(fuse_lowlevel_ops& ops);    // look up, make, rename, remove
void add_files(fuse_lowlevel_ops& ops);    // open, read, write, locks
void add_facts(fuse_lowlevel_ops& ops);    // owner, mode, size, times, space
void add_folders(fuse_lowlevel_ops& ops);  // list

// Answers with what `parent`/`name` is now.
void reply_entry(fuse_req_t request, fuse_ino_t parent, const char* name);
// Fills `entry` for it; 0 or an errno.
int find_entry(fuse_req_t request, fuse_ino_t parent, const char* name, fuse_entry_param& entry);

}  // namespace drydock::volumes::access
