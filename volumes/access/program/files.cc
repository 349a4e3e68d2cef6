#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "volumes/access/program/locks.h"
#include "volumes/access/program/served.h"

namespace drydock::volumes::access {
namespace {

int open_flags(const fuse_file_info& file) {
  // Alignment is the caller's business, whose buffer is not what is written here.
  return (file.flags & ~(O_NOFOLLOW | O_DIRECT | O_CREAT | O_EXCL)) | O_CLOEXEC;
}

void opened(UniqueFd fd, fuse_file_info& file) {
  file.direct_io = (file.flags & O_DIRECT) != 0;
  file.fh = static_cast<std::uint64_t>(fd.release());
}

int fd_of(const fuse_file_info* file) { return static_cast<int>(file->fh); }

void reply_status(fuse_req_t request, int result) {
  fuse_reply_err(request, result == 0 ? 0 : errno);
}

void open_file(fuse_req_t request, fuse_ino_t number, fuse_file_info* file) {
  UniqueFd fd(::open(inodes(request).of(number).path().c_str(), open_flags(*file)));
  if (!fd) {
    fuse_reply_err(request, errno == EMFILE ? ENFILE : errno);
    return;
  }
  opened(std::move(fd), *file);
  if (fuse_reply_open(request, file) != 0) UniqueFd(fd_of(file)).reset();
}

void create_file(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode,
                 fuse_file_info* file) {
  UniqueFd fd(::openat(inodes(request).of(parent).fd.get(), name,
                       open_flags(*file) | O_CREAT | O_NOFOLLOW | (file->flags & O_EXCL), mode));
  if (!fd) {
    fuse_reply_err(request, errno == EMFILE ? ENFILE : errno);
    return;
  }
  fuse_entry_param entry;
  if (const int error = find_entry(request, parent, name, entry)) {
    fuse_reply_err(request, error);
    return;
  }
  opened(std::move(fd), *file);
  if (fuse_reply_create(request, &entry, file) != 0) {
    UniqueFd(fd_of(file)).reset();
    inodes(request).forget(entry.ino, 1);
  }
}

void read_file(fuse_req_t request, fuse_ino_t, size_t size, off_t offset, fuse_file_info* file) {
  fuse_bufvec data = FUSE_BUFVEC_INIT(size);
  data.buf[0].flags = static_cast<fuse_buf_flags>(FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK);
  data.buf[0].fd = fd_of(file);
  data.buf[0].pos = offset;
  fuse_reply_data(request, &data, FUSE_BUF_SPLICE_MOVE);
}

void write_file(fuse_req_t request, fuse_ino_t, fuse_bufvec* from, off_t offset,
                fuse_file_info* file) {
  fuse_bufvec to = FUSE_BUFVEC_INIT(fuse_buf_size(from));
  to.buf[0].flags = static_cast<fuse_buf_flags>(FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK);
  to.buf[0].fd = fd_of(file);
  to.buf[0].pos = offset;  // an O_APPEND description appends all the same
  // Not spliced: a file opened with O_APPEND refuses that.
  const ssize_t n = fuse_buf_copy(&to, from, FUSE_BUF_NO_SPLICE);
  if (n < 0)
    fuse_reply_err(request, static_cast<int>(-n));
  else
    fuse_reply_write(request, static_cast<size_t>(n));
}

void flush(fuse_req_t request, fuse_ino_t number, fuse_file_info* file) {
  drop_locks(inodes(request).of(number), file->lock_owner);
  fuse_reply_err(request, 0);
}

void release(fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
  UniqueFd(fd_of(file)).reset();
  fuse_reply_err(request, 0);
}

void sync_file(fuse_req_t request, fuse_ino_t, int data_only, fuse_file_info* file) {
  reply_status(request, data_only ? ::fdatasync(fd_of(file)) : ::fsync(fd_of(file)));
}

void allocate(fuse_req_t request, fuse_ino_t, int mode, off_t offset, off_t length,
              fuse_file_info* file) {
  reply_status(request, ::fallocate(fd_of(file), mode, offset, length));
}

void seek(fuse_req_t request, fuse_ino_t, off_t offset, int whence, fuse_file_info* file) {
  const off_t at = ::lseek(fd_of(file), offset, whence);
  if (at < 0)
    fuse_reply_err(request, errno);
  else
    fuse_reply_lseek(request, at);
}

}  // namespace

void add_files(fuse_lowlevel_ops& ops) {
  ops.open = open_file;
  ops.create = create_file;
  ops.read = read_file;
  ops.write_buf = write_file;
  ops.flush = flush;
  ops.release = release;
  ops.fsync = sync_file;
  ops.fallocate = allocate;
  ops.lseek = seek;
  ops.getlk = [](fuse_req_t request, fuse_ino_t number, fuse_file_info* file, struct flock* lock) {
    get_lock(request, number, *file, *lock);
  };
  ops.setlk = [](fuse_req_t request, fuse_ino_t number, fuse_file_info* file, struct flock* lock,
                 int wait) { set_lock(request, number, *file, *lock, wait != 0); };
  ops.flock = [](fuse_req_t request, fuse_ino_t number, fuse_file_info* file, int operation) {
    set_flock(request, number, *file, operation);
  };
}

}  // namespace drydock::volumes::access
