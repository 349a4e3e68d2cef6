#pragma once
// The mount of an access point with a user, and calls by others.
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "base/files.h"
#include "volumes/access/mount.h"
#include "volumes/places.h"

namespace drydock::volumes {

namespace fs = std::filesystem;

inline constexpr uid_t kUser = 4711;
inline constexpr gid_t kGroup = 4712;
inline constexpr gid_t kSecondary = 4713;
inline constexpr uid_t kOther = 33;
using Clock = std::chrono::steady_clock;

class AccessRoot : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    if (::access("/dev/fuse", R_OK | W_OK) != 0) GTEST_SKIP() << "needs /dev/fuse";
    char name[] = "/tmp/drydock-access-XXXXXX";
    base_ = ::mkdtemp(name);
    fs::permissions(base_, fs::perms(0711));
    // Nobody but root gets to the folder: it is reached by the mount alone.
    fs::create_directories(base_ / "closed/data");
    fs::permissions(base_ / "closed", fs::perms(0700));
    real_ = base_ / "closed/data";
    ASSERT_EQ(::chown(real_.c_str(), kUser, kGroup), 0);
    at_ = mounted("a");
  }
  void TearDown() override {
    if (base_.empty()) return;
    for (const char* name : {"a", "b"}) EXPECT_TRUE(unmount(base_ / name));
    for (const Child& child : children_) {
      pollfd wait{child.pidfd.get(), POLLIN, 0};
      EXPECT_EQ(::poll(&wait, 1, 20000), 1) << "drydock-efs did not end with its mount";
      ::waitpid(child.pid, nullptr, 0);
    }
    EXPECT_EQ(read_file("/proc/self/mountinfo")->find(base_), std::string::npos);
    fs::remove_all(base_);
  }
  fs::path mounted(const char* name) {
    const UniqueFd folder(::open(real_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    char self[4096];
    const ssize_t n = ::readlink("/proc/self/exe", self, sizeof self);
    AccessMount mount;
    mount.program =
        fs::path(std::string(self, static_cast<std::size_t>(n))).parent_path() / "drydock-efs";
    mount.target = base_ / name;
    mount.folder = folder.get();
    mount.user = {kUser, kGroup, {kSecondary}};
    auto child = mount_access(mount);
    EXPECT_TRUE(child) << child.error().message;
    if (child) children_.push_back(std::move(*child));
    return base_ / name;
  }
  struct stat look(const fs::path& path) {
    struct stat st {};
    EXPECT_EQ(::lstat(path.c_str(), &st), 0) << path;
    return st;
  }
  fs::path base_, real_, at_;
  std::vector<Child> children_;
};

inline pid_t start_as(uid_t uid, const std::function<int()>& fn) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  if (::setgroups(0, nullptr) != 0 || ::setresgid(uid, uid, uid) != 0 ||
      ::setresuid(uid, uid, uid) != 0)
    ::_exit(255);
  ::_exit(fn());
}

inline int result_of(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// 0, or the errno of the call.
inline int as(uid_t uid, const std::function<int()>& call) {
  return result_of(start_as(uid, [&] { return call() < 0 ? errno : 0; }));
}

inline int made(const fs::path& path, mode_t mode = 0644) {
  const UniqueFd fd(::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode));
  return fd ? 0 : -1;
}

}  // namespace drydock::volumes
