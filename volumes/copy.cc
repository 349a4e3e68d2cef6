#include "volumes/copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <climits>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace drydock::volumes {
namespace {

constexpr int kMaxDepth = 256;  // descriptors are held on the way down

struct CloseDir {
  void operator()(DIR* d) const { ::closedir(d); }
};
using Dir = std::unique_ptr<DIR, CloseDir>;

tl::unexpected<Error> at(const std::string& name, const char* doing) {
  return fail_errno("copy '" + name + "' from the image: " + doing);
}

void copy_attributes(int from, int to) {
  std::vector<char> names(65536);
  const ssize_t length = ::flistxattr(from, names.data(), names.size());
  std::vector<char> value(65536);
  for (ssize_t i = 0; i < length; i += static_cast<ssize_t>(std::strlen(names.data() + i)) + 1) {
    const ssize_t n = ::fgetxattr(from, names.data() + i, value.data(), value.size());
    // A file system may not know an attribute (and overlayfs hides its own): the copy is useful
    // without it.
    if (n >= 0)
      (void)::fsetxattr(to, names.data() + i, value.data(), static_cast<std::size_t>(n), 0);
  }
}

// Owner first: changing it clears the set-id bits and capabilities that mode and attributes bring.
Status copy_facts(int from, int to, const struct stat& st, const std::string& name) {
  if (::fchown(to, st.st_uid, st.st_gid) != 0) return at(name, "owner");
  if (::fchmod(to, st.st_mode & 07777) != 0) return at(name, "mode");
  copy_attributes(from, to);
  const timespec times[2] = {st.st_atim, st.st_mtim};
  if (::futimens(to, times) != 0) return at(name, "times");
  return {};
}

Status copy_data(int from, int to, const std::string& name) {
  for (;;) {
    const ssize_t n = ::sendfile(to, from, nullptr, 1u << 20);
    if (n == 0) return {};
    if (n < 0 && errno != EINTR) return at(name, "data");
  }
}

Status copy_folder(int from, int to, dev_t device, int depth);

Status copy_file(int from, int to, const std::string& name, const struct stat& st) {
  UniqueFd in(::openat(from, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!in) return at(name, "open");
  UniqueFd out(
      ::openat(to, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!out) return errno == EEXIST ? Status() : at(name, "create");
  DRYDOCK_TRY(copy_data(in.get(), out.get(), name));
  return copy_facts(in.get(), out.get(), st, name);
}

Status copy_subfolder(int from, int to, const std::string& name, dev_t device, int depth) {
  UniqueFd in(::openat(from, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!in) return at(name, "open");
  if (::mkdirat(to, name.c_str(), 0700) != 0 && errno != EEXIST) return at(name, "create");
  UniqueFd out(::openat(to, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!out) return errno == ENOTDIR || errno == ELOOP ? Status() : at(name, "open the copy");
  return copy_folder(in.get(), out.get(), device, depth + 1);
}

Status copy_other(int from, int to, const std::string& name, const struct stat& st) {
  if (S_ISLNK(st.st_mode)) {
    char target[PATH_MAX];
    const ssize_t n = ::readlinkat(from, name.c_str(), target, sizeof target - 1);
    if (n < 0) return at(name, "read the link");
    target[n] = '\0';
    if (::symlinkat(target, to, name.c_str()) != 0)
      return errno == EEXIST ? Status() : at(name, "link");
  } else {
    if (::mknodat(to, name.c_str(), st.st_mode, st.st_rdev) != 0)
      return errno == EEXIST ? Status() : at(name, "node");
    if (::fchmodat(to, name.c_str(), st.st_mode & 07777, 0) != 0) return at(name, "mode");
  }
  if (::fchownat(to, name.c_str(), st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
    return at(name, "owner");
  const timespec times[2] = {st.st_atim, st.st_mtim};
  (void)::utimensat(to, name.c_str(), times, AT_SYMLINK_NOFOLLOW);
  return {};
}

Status copy_folder(int from, int to, dev_t device, int depth) {
  if (depth > kMaxDepth)
    return fail(Errc::kInvalid, "copy from the image: folders are nested too deeply");
  Dir dir(::fdopendir(::fcntl(from, F_DUPFD_CLOEXEC, 3)));
  if (!dir) return fail_errno("copy from the image: read a folder");
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat st {};
    if (::fstatat(from, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return at(name, "look");
    if (S_ISDIR(st.st_mode)) {
      if (st.st_dev == device) DRYDOCK_TRY(copy_subfolder(from, to, name, device, depth));
    } else if (S_ISREG(st.st_mode)) {
      DRYDOCK_TRY(copy_file(from, to, name, st));
    } else if (!S_ISSOCK(st.st_mode)) {
      DRYDOCK_TRY(copy_other(from, to, name, st));
    }
  }
  struct stat st {};
  if (::fstat(from, &st) != 0) return fail_errno("copy from the image: look at a folder");
  return copy_facts(from, to, st, ".");
}

}  // namespace

Status copy_tree(int from, int to) {
  struct stat st {};
  if (::fstat(from, &st) != 0) return fail_errno("copy from the image: look at a folder");
  return copy_folder(from, to, st.st_dev, 0);
}

}  // namespace drydock::volumes
