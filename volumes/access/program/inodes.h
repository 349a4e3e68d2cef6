#pragma once
#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/unique_fd.h"

namespace drydock::volumes::access {

// A file that the kernel knows by this object's address. Its descriptor is O_PATH and was opened
// from its parent's by one name without following a link: nothing outside the folder is reached.
struct Inode {
  UniqueFd fd;
  std::pair<dev_t, ino_t> id;
  std::uint64_t lookups = 0;  // guarded by Inodes

  std::mutex locks_mutex;
  // A process' fcntl locks hang on a file description of its own, by the kernel's name for it.
  std::map<std::uint64_t, std::shared_ptr<const UniqueFd>> lock_files;

  // "/proc/self/fd/<n>": to open it, and for calls that take no O_PATH descriptor.
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd.get()); }
};

// Every file that the kernel remembers, each once. Thread-safe.
class Inodes {
 public:
  explicit Inodes(UniqueFd root);

  // `number` is as the kernel says it: 1 is the root.
  Inode& of(std::uint64_t number);
  std::uint64_t number_of(const Inode& inode) const;
  // The file `name` in `parent`, counted as looked up once more; 0 or an errno.
  int look_up(const Inode& parent, const char* name, Inode*& found, struct stat& st);
  // The same file under another name.
  void count(Inode& inode);
  void forget(std::uint64_t number, std::uint64_t times);

 private:
  std::mutex mutex_;
  std::map<std::pair<dev_t, ino_t>, std::unique_ptr<Inode>> known_;
  Inode root_;
};

}  // namespace drydock::volumes::access
