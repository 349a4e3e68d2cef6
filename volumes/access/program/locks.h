#pragma once
#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include "volumes/access/program/inodes.h"

// Locks are taken on the real file, so that they hold against every other mount of it: other
// access points, plain mounts, this machine's own programs.
namespace drydock::volumes::access {

void get_lock(fuse_req_t request, fuse_ino_t number, const fuse_file_info& file, struct flock lock);
void set_lock(fuse_req_t request, fuse_ino_t number, const fuse_file_info& file, struct flock lock,
              bool wait);
// flock(2) on the file description behind `file`.
void set_flock(fuse_req_t request, fuse_ino_t number, const fuse_file_info& file, int operation);
// A process has closed a descriptor of the file: all its fcntl locks on it are gone.
void drop_locks(Inode& inode, std::uint64_t owner);

// Once, before the session serves.
void begin_locks(fuse_session* session);

}  // namespace drydock::volumes::access
