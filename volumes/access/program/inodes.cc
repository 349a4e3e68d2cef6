#include "volumes/access/program/inodes.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace drydock::volumes::access {
namespace {

constexpr std::uint64_t kRoot = 1;

}  // namespace

Inodes::Inodes(UniqueFd root) { root_.fd = std::move(root); }

Inode& Inodes::of(std::uint64_t number) {
  return number == kRoot ? root_ : *reinterpret_cast<Inode*>(number);  // NOLINT: the kernel's echo
}

std::uint64_t Inodes::number_of(const Inode& inode) const {
  return &inode == &root_ ? kRoot : reinterpret_cast<std::uint64_t>(&inode);  // NOLINT
}

int Inodes::look_up(const Inode& parent, const char* name, Inode*& found, struct stat& st) {
  UniqueFd fd(::openat(parent.fd.get(), name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return errno == EMFILE ? ENFILE : errno;
  if (::fstatat(fd.get(), "", &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0) return errno;
  const std::pair<dev_t, ino_t> id{st.st_dev, st.st_ino};
  const std::lock_guard lock(mutex_);
  auto& place = known_[id];
  if (!place) {
    place = std::make_unique<Inode>();
    place->fd = std::move(fd);
    place->id = id;
  }
  ++place->lookups;
  found = place.get();
  return 0;
}

void Inodes::count(Inode& inode) {
  const std::lock_guard lock(mutex_);
  ++inode.lookups;
}

void Inodes::forget(std::uint64_t number, std::uint64_t times) {
  if (number == kRoot) return;
  const std::lock_guard lock(mutex_);
  Inode& inode = of(number);
  inode.lookups -= std::min(times, inode.lookups);
  if (inode.lookups == 0) known_.erase(inode.id);
}

}  // namespace drydock::volumes::access
