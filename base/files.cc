#include "base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace drydock {
namespace {

struct CloseDir {
  void operator()(DIR* d) const { ::closedir(d); }
};
using Dir = std::unique_ptr<DIR, CloseDir>;

// Deeper folders are first moved up into the top one: a container can nest them thousands deep, and
// each level of the walk keeps two descriptors open.
constexpr int kMaxDepth = 64;

// Removes what lies in one folder, `top`, which is on `device`.
class TreeRemover {
 public:
  TreeRemover(int top, dev_t device) : top_(top), device_(device) {}

  // Everything in the folder open at `folder`.
  Status empty(int folder, const std::string& shown, int depth) {
    UniqueFd fd(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno("remove " + shown);
    Dir dir(::fdopendir(fd.get()));
    if (!dir) return fail_errno("remove " + shown);
    (void)fd.release();  // closed with `dir`
    while (const dirent* e = ::readdir(dir.get())) {
      if (std::strcmp(e->d_name, ".") == 0 || std::strcmp(e->d_name, "..") == 0) continue;
      DRYDOCK_TRY(remove(folder, e->d_name, shown + "/" + e->d_name, depth + 1));
    }
    return {};
  }
  // Whether folders were moved up since the last call: then the top folder is not empty yet.
  bool moved() { return std::exchange(moved_, false); }

 private:
  Status remove(int parent, const char* name, const std::string& shown, int depth) {
    if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR && errno != EPERM && errno != EBUSY) return fail_errno("remove " + shown);
    struct stat st {};
    if (::fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
      return fail_errno("remove " + shown);
    if (st.st_dev != device_)
      return fail(Errc::kBusy,
                  "remove " + shown + ": something is mounted there; unmount it first");
    if (depth > kMaxDepth) return move_up(parent, name, shown);
    UniqueFd fd(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return fail_errno("remove " + shown);
    DRYDOCK_TRY(empty(fd.get(), shown, depth));
    if (::unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
      return fail_errno("remove " + shown);
    return {};
  }
  Status move_up(int parent, const char* name, const std::string& shown) {
    do {
      const std::string free = "deep-" + std::to_string(++names_);
      moved_ = true;
      if (::renameat2(parent, name, top_, free.c_str(), RENAME_NOREPLACE) == 0) return {};
    } while (errno == EEXIST);
    return fail_errno("remove " + shown);
  }

  int top_;
  dev_t device_;
  unsigned long names_ = 0;
  bool moved_ = false;
};

Result<UniqueFd> openat2_in_root(int root_fd, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.mode = (flags & (O_CREAT | O_TMPFILE)) ? mode : 0;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, root_fd, path.c_str(), &how, sizeof how);
  if (fd < 0) return fail_errno("open " + path);
  return UniqueFd(static_cast<int>(fd));
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("read " + path);
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read " + path);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > max_bytes)
      return fail(Errc::kInvalid,
                  "read " + path + ": larger than " + std::to_string(max_bytes) + " bytes");
  }
}

Status write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("write");
    data.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Status write_file_atomic(const std::string& path, std::string_view text, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return fail_errno("write " + path);
  auto undo = [&](Error e) -> Status {
    ::unlink(temporary.c_str());
    return tl::unexpected(std::move(e).in("write " + path));
  };
  if (auto written = write_all(fd.get(), text); !written) return undo(std::move(written.error()));
  if (::fchmod(fd.get(), mode) != 0) return undo(fail_errno("chmod").value());
  if (::rename(temporary.c_str(), path.c_str()) != 0) return undo(fail_errno("rename").value());
  return {};
}

Status make_dirs(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return {};
  if (errno != ENOENT) return fail_errno("make folder " + path);
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos || slash == 0) return fail_errno("make folder " + path);
  DRYDOCK_TRY(make_dirs(path.substr(0, slash), mode));
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return {};
  return fail_errno("make folder " + path);
}

Status remove_tree(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM && errno != EBUSY) return fail_errno("remove " + path);
  UniqueFd top(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat st {};
  if (!top || ::fstat(top.get(), &st) != 0) return fail_errno("remove " + path);
  TreeRemover remover(top.get(), st.st_dev);
  do {
    DRYDOCK_TRY(remover.empty(top.get(), path, 0));
  } while (remover.moved());
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + path);
  return {};
}

std::vector<std::string> list_dir(const std::string& path) {
  std::vector<std::string> names;
  Dir dir(::opendir(path.c_str()));
  if (!dir) return names;
  while (const dirent* e = ::readdir(dir.get()))
    if (std::strcmp(e->d_name, ".") != 0 && std::strcmp(e->d_name, "..") != 0)
      names.emplace_back(e->d_name);
  std::sort(names.begin(), names.end());
  return names;
}

bool exists(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0;
}

Result<UniqueFd> open_in_root(int root_fd, const std::string& path, int flags, mode_t mode) {
  return openat2_in_root(root_fd, path, flags, mode);
}

Result<UniqueFd> make_dirs_in_root(int root_fd, const std::string& path, mode_t mode) {
  std::string done = ".";
  std::size_t at = 0;
  DRYDOCK_LET(UniqueFd here, openat2_in_root(root_fd, ".", O_PATH | O_DIRECTORY, 0));
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    done += "/" + part;
    // Resolved from the root every time: "..", and links with absolute targets, stay inside.
    auto next = openat2_in_root(root_fd, done, O_PATH | O_DIRECTORY, 0);
    if (!next && next.error().sys == ENOENT) {
      if (::mkdirat(here.get(), part.c_str(), mode) != 0 && errno != EEXIST)
        return fail_errno("make folder " + done);
      next = openat2_in_root(root_fd, done, O_PATH | O_DIRECTORY, 0);
    }
    if (!next) return tl::unexpected(std::move(next.error()));
    here = std::move(*next);
  }
  return here;
}

}  // namespace drydock
