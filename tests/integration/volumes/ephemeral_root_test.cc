#include "volumes/ephemeral.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/files.h"
#include "volumes/loop.h"
#include "volumes/places.h"
#include "volumes/plan.h"

namespace drydock::volumes {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMib = 1u << 20;

// Writes MiB after MiB to `file`, as root without the right to exceed quotas, which no container
// has; gives back how many there was room for and sets `error` to what the last one met.
int fill(const std::string& file, int most, int& error) {
  int written = 0;
  std::thread([&] {
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct caps[2]{};
    ASSERT_EQ(::syscall(SYS_capget, &head, caps), 0);
    caps[0].effective &= ~(1u << CAP_SYS_RESOURCE);
    ASSERT_EQ(::syscall(SYS_capset, &head, caps), 0);
    UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(fd) << file;
    const std::string block(kMib, 'x');
    error = 0;
    while (written < most) {
      const ssize_t n = ::write(fd.get(), block.data(), block.size());
      if (n < 0) {
        error = errno;
        break;
      }
      // Short writes come first: ext4 finds a little room again and again.
      if (n == static_cast<ssize_t>(block.size())) ++written;
    }
  }).join();
  return written;
}

class EphemeralRoot : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    char name[] = "/tmp/drydock-ephemeral-XXXXXX";
    base_ = ::mkdtemp(name);
    root_ = base_ / "volumes";
    fs::create_directories(root_);
    if (!exists("/dev/loop-control")) GTEST_SKIP() << "no loop devices here";
  }
  void TearDown() override {
    if (base_.empty()) return;
    for (const char* task : {"t1", "t2", "t3"})
      EXPECT_TRUE(Ephemeral(root_, StorageLimit::kAuto).remove(task));
    (void)unmount(root_);
    const auto mounts = read_file("/proc/self/mountinfo");
    EXPECT_EQ(mounts->find(base_), std::string::npos) << "a mount was left behind";
    fs::remove_all(base_);
  }
  std::string folder(const std::string& task) const { return task_folder(root_, task); }

  // A file system with project quotas at root_; false when this kernel has none.
  bool mount_with_quota() {
    const std::string file = base_ / "disk";
    UniqueFd disk(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_EQ(::ftruncate(disk.get(), 300 * kMib), 0);
    EXPECT_TRUE(make_file_system("ext4", file, {"-q", "-F", "-O", "quota,project"}));
    std::string device;
    const auto loop = attach_loop(disk, device);
    EXPECT_TRUE(loop);
    return ::mount(device.c_str(), root_.c_str(), "ext4", 0, "prjquota") == 0;
  }

  fs::path base_;
  std::string root_;
};

TEST_F(EphemeralRoot, ASizedFileIsFullAtItsSizeAndGoesWithItsTask) {
  Ephemeral all(root_, StorageLimit::kAuto);
  ASSERT_EQ(all.make("t1", {64 * kMib, true}), "");
  ASSERT_TRUE(is_mounted(folder("t1")));
  ASSERT_TRUE(write_file_atomic(folder("t1") + "/kept", "x"));
  ASSERT_EQ(all.make("t1", {64 * kMib, true}), "");
  EXPECT_TRUE(exists(folder("t1") + "/kept")) << "made a second time";
  const auto before = all.use("t1");
  ASSERT_TRUE(before);
  EXPECT_LT(before->used, 2 * kMib);
  EXPECT_GT(before->limit, 56 * kMib);
  EXPECT_LE(before->limit, 64 * kMib);
  int error = 0;
  const int written = fill(folder("t1") + "/big", 80, error);
  EXPECT_EQ(error, ENOSPC);
  EXPECT_GT(written, 50);
  EXPECT_GT(all.use("t1")->used, 50 * kMib);
  ASSERT_TRUE(all.remove("t1"));
  EXPECT_FALSE(exists(folder("t1")));
  EXPECT_FALSE(all.use("t1"));
  EXPECT_TRUE(all.remove("t1"));
}

TEST_F(EphemeralRoot, TheLargestSizeTakesNoRoom) {
  Ephemeral all(root_, StorageLimit::kAlways);
  ASSERT_EQ(all.make("t1", {200 * 1024 * kMib, false}), "");
  EXPECT_GT(all.use("t1")->limit, 190 * 1024 * kMib);
  for (const std::string& name : list_dir(root_ + "/templates")) {
    struct stat st {};
    ASSERT_EQ(::stat((root_ + "/templates/" + name).c_str(), &st), 0);
    EXPECT_LT(static_cast<std::uint64_t>(st.st_blocks) * 512, 8 * kMib);
  }
}

TEST_F(EphemeralRoot, OnlyWhoIsToBeLimitedIs) {
  Ephemeral automatic(root_, StorageLimit::kAuto);
  EXPECT_EQ(automatic.make("t1", {64 * kMib, false}), "");
  EXPECT_FALSE(is_mounted(folder("t1")));
  EXPECT_FALSE(automatic.use("t1"));
  Ephemeral never(root_, StorageLimit::kNever);
  const auto note = never.make("t2", {64 * kMib, true});
  EXPECT_NE(note.find("not kept to 64 MiB"), std::string::npos);
  EXPECT_FALSE(is_mounted(folder("t2")));
  // What is there already stays as it is, whatever the configuration says now.
  ASSERT_TRUE(write_file_atomic(folder("t1") + "/kept", "x"));
  Ephemeral always(root_, StorageLimit::kAlways);
  EXPECT_EQ(always.make("t1", {64 * kMib, true}), "");
  EXPECT_FALSE(is_mounted(folder("t1")));
}

TEST_F(EphemeralRoot, ALoopDeviceThatNobodyMountedIsLetGo) {
  UniqueFd file(::open(root_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_EQ(::ftruncate(file.get(), 1 << 20), 0);
  std::string device;
  auto loop = attach_loop(file, device);  // as a daemon that is killed here
  ASSERT_TRUE(loop) << loop.error().message;
  const std::string held = "/sys/block/" + device.substr(5) + "/loop";
  EXPECT_TRUE(exists(held));
  loop->reset();
  for (int i = 0; i < 500 && exists(held); ++i) ::usleep(10'000);
  EXPECT_FALSE(exists(held));
}

TEST_F(EphemeralRoot, ProjectQuotaKeepsATaskAndItsOverlayToItsSize) {
  if (!mount_with_quota()) GTEST_SKIP() << "this kernel has no ext4 quotas";
  Ephemeral all(root_, StorageLimit::kAuto);
  EXPECT_EQ(all.description(), "limited by project quota");
  for (const char* task : {"t1", "t2"}) ASSERT_EQ(all.make(task, {32 * kMib, false}), "");
  EXPECT_EQ(all.use("t1")->limit, 32 * kMib);
  int error = 0;
  fs::create_directories(folder("t1") + "/data");
  EXPECT_EQ(fill(folder("t1") + "/data/big", 20, error), 20);
  EXPECT_EQ(error, 0);
  // The changes of a root are in the same storage, and root writes them.
  fs::create_directories(base_ / "lower");
  fs::create_directories(base_ / "merged");
  fs::create_directories(folder("t1") + "/upper");
  fs::create_directories(folder("t1") + "/work");
  const std::string options = "lowerdir=" + (base_ / "lower").string() +
                              ",upperdir=" + folder("t1") + "/upper,workdir=" + folder("t1") +
                              "/work";
  ASSERT_EQ(::mount("overlay", (base_ / "merged").c_str(), "overlay", 0, options.c_str()), 0);
  const int more = fill(base_ / "merged/more", 40, error);
  EXPECT_LT(more, 13);
  EXPECT_EQ(error, EDQUOT);
  ASSERT_TRUE(unmount(base_ / "merged"));
  EXPECT_GT(all.use("t1")->used, 30 * kMib);
  EXPECT_LT(all.use("t2")->used, kMib);
  EXPECT_EQ(fill(folder("t2") + "/own", 20, error), 20) << "one task's storage is another's";
  ASSERT_TRUE(all.remove("t1"));
  // Its number is free again, and the room it took.
  ASSERT_EQ(all.make("t1", {32 * kMib, false}), "");
  EXPECT_LT(all.use("t1")->used, kMib);
}

}  // namespace
}  // namespace drydock::volumes
