#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "volumes/access/program/served.h"

namespace drydock::volumes::access {
namespace {

struct Listing {
  struct Close {
    void operator()(DIR* d) const { ::closedir(d); }
  };
  std::unique_ptr<DIR, Close> dir;
  std::mutex mutex;
};

Listing& listing_of(const fuse_file_info& file) {
  return *reinterpret_cast<Listing*>(file.fh);  // NOLINT: the kernel's echo
}

void open_folder(fuse_req_t request, fuse_ino_t number, fuse_file_info* file) {
  UniqueFd fd(::openat(inodes(request).of(number).fd.get(), ".",
                       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  auto listing = std::make_unique<Listing>();
  if (fd) listing->dir.reset(::fdopendir(fd.get()));
  if (!listing->dir) {
    fuse_reply_err(request, errno == EMFILE ? ENFILE : errno);
    return;
  }
  (void)fd.release();                                         // the DIR's
  file->fh = reinterpret_cast<std::uint64_t>(listing.get());  // NOLINT
  if (fuse_reply_open(request, file) == 0) (void)listing.release();
}

void list(fuse_req_t request, fuse_ino_t, size_t size, off_t offset, fuse_file_info* file) {
  Listing& listing = listing_of(*file);
  const std::lock_guard lock(listing.mutex);
  ::seekdir(listing.dir.get(), offset);
  std::vector<char> page(size);
  size_t used = 0;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(listing.dir.get());
    if (!entry) {
      if (errno != 0 && used == 0) {
        fuse_reply_err(request, errno);
        return;
      }
      break;
    }
    struct stat st {};
    st.st_ino = entry->d_ino;
    st.st_mode = static_cast<mode_t>(entry->d_type) << 12;
    const size_t needed = fuse_add_direntry(request, page.data() + used, size - used, entry->d_name,
                                            &st, entry->d_off);
    if (needed > size - used) break;
    used += needed;
  }
  fuse_reply_buf(request, page.data(), used);
}

void close_folder(fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
  const std::unique_ptr<Listing> gone(&listing_of(*file));
  fuse_reply_err(request, 0);
}

void sync_folder(fuse_req_t request, fuse_ino_t, int, fuse_file_info* file) {
  const int fd = ::dirfd(listing_of(*file).dir.get());
  fuse_reply_err(request, ::fsync(fd) == 0 ? 0 : errno);
}

}  // namespace

void add_folders(fuse_lowlevel_ops& ops) {
  ops.opendir = open_folder;
  ops.readdir = list;
  ops.releasedir = close_folder;
  ops.fsyncdir = sync_folder;
}

}  // namespace drydock::volumes::access
