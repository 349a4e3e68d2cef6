#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "base/files.h"
#include "images/credentials/as_owner.h"

namespace drydock::images::credentials {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;

// The calling thread alone, for good: the C library's functions would take all threads along.
bool become(const Owner& owner) {
  if (::geteuid() != 0) return true;
  const gid_t group = owner.gid;
  return ::syscall(SYS_setgroups, 1, &group) == 0 &&
         ::syscall(SYS_setresgid, owner.gid, owner.gid, owner.gid) == 0 &&
         ::syscall(SYS_setresuid, owner.uid, owner.uid, owner.uid) == 0;
}

Result<std::optional<std::string>> read_here(const Owner& owner, const std::string& path) {
  // Not to hang on a pipe that somebody put there.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return fail_errno("read " + path);
  }
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return fail_errno("read " + path);
  if (!S_ISREG(about.st_mode)) return fail(Errc::kInvalid, path + " is not a file");
  if (about.st_uid != owner.uid && about.st_uid != 0)
    return fail(Errc::kDenied, path + " belongs to another user");
  std::string text;
  char buffer[16 << 10];
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read " + path);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > kLargestFile) return fail(Errc::kInvalid, path + " is larger than 1 MiB");
  }
}

}  // namespace

Result<std::optional<std::string>> read_as_owner(const Owner& owner, const std::string& path) {
  Result<std::optional<std::string>> result = std::nullopt;
  std::thread([&] {
    if (become(owner))
      result = read_here(owner, path);
    else
      result = fail_errno("read " + path + " as user " + std::to_string(owner.uid));
  }).join();
  return result;
}

}  // namespace drydock::images::credentials
