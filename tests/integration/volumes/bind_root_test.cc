#include "volumes/bind.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "volumes/volumes.h"

namespace drydock::volumes {
namespace {

namespace fs = std::filesystem;

class VolumesRoot : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    char name[] = "/tmp/drydock-volumes-XXXXXX";
    base_ = ::mkdtemp(name);
    root_ = base_ / "volumes";
    image_ = base_ / "image";
    fs::create_directories(image_);
    VolumesOptions options;
    options.root = root_;
    options.run = base_ / "run";
    volumes_ = std::move(*Volumes::open(options));
    image_fd_.reset(::open(image_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  void TearDown() override {
    if (base_.empty()) return;
    EXPECT_TRUE(volumes_->remove_task("t1"));
    const auto mounts = read_file("/proc/self/mountinfo");
    EXPECT_EQ(mounts->find(base_), std::string::npos) << "a mount was left behind";
    fs::remove_all(base_);
  }
  static taskdef::TaskDefinition definition(const taskdef::Volume& volume) {
    taskdef::TaskDefinition d;
    d.volumes = {volume};
    return d;
  }
  static struct stat look(const fs::path& path) {
    struct stat st {};
    EXPECT_EQ(::lstat(path.c_str(), &st), 0) << path;
    return st;
  }
  Result<VolumePlan> plan_of(const taskdef::Volume& volume) {
    return volumes_->plan(definition(volume), "t1", std::nullopt);
  }
  std::unique_ptr<Volumes> volumes_;
  fs::path base_, image_;
  std::string root_;
  UniqueFd image_fd_;
};

taskdef::Volume named(const std::string& name) {
  taskdef::Volume volume;
  volume.name = name;
  return volume;
}

TEST_F(VolumesRoot, ATaskFolderIsMadeAndRemovedWithTheTask) {
  const auto plan = plan_of(named("data"));
  ASSERT_TRUE(plan);
  ASSERT_TRUE(volumes_->prepare(*plan, "t1"));
  ASSERT_TRUE(volumes_->prepare(*plan, "t1"));
  const struct stat st = look(plan->volumes[0].source);
  EXPECT_EQ(st.st_mode & 07777, 0755u);
  EXPECT_EQ(st.st_uid, 0u);
  ASSERT_TRUE(write_file_atomic(plan->volumes[0].source + "/x", "y"));
  ASSERT_TRUE(volumes_->remove_task("t1"));
  EXPECT_FALSE(exists(task_folder(root_, "t1")));
  EXPECT_TRUE(volumes_->remove_task("t1"));
  EXPECT_FALSE(volumes_->remove_task(".."));
}

TEST_F(VolumesRoot, AMissingHostPathIsMadeAndKept) {
  taskdef::Volume volume = named("data");
  volume.host_source_path = base_ / "made/here";
  ASSERT_TRUE(volumes_->prepare(*plan_of(volume), "t1"));
  ASSERT_TRUE(volumes_->remove_task("t1"));
  EXPECT_TRUE(exists(base_ / "made/here"));
}

TEST_F(VolumesRoot, AMissingMappedFolderIsAClearError) {
  fs::create_directories(base_ / "mapped");
  ASSERT_TRUE(volumes_->map("fs-1", base_ / "mapped"));
  fs::remove(base_ / "mapped");
  taskdef::Volume volume = named("data");
  volume.efs = taskdef::EfsVolume{};
  volume.efs->file_system_id = "fs-1";
  const auto done = volumes_->prepare(*plan_of(volume), "t1");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::kNotFound);
  EXPECT_NE(done.error().message.find("does not exist on this machine"), std::string::npos);
}

TEST_F(VolumesRoot, WhatTheConfigurationMapsIsNotRemovedByCommand) {
  fs::create_directories(base_ / "mapped");
  VolumesOptions options;
  options.root = root_;
  options.run = base_ / "run";
  options.configured.file_systems["fs-1"].folder = base_ / "mapped";
  const auto configured = std::move(*Volumes::open(options));
  const auto removed = configured->remove("fs-1");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, Errc::kInvalid);
  EXPECT_NE(removed.error().message.find("volumes.efs"), std::string::npos);
}

TEST_F(VolumesRoot, EfsIsKeptAndItsLinksNeverLeadOut) {
  taskdef::Volume volume = named("data");
  volume.efs = taskdef::EfsVolume{};
  volume.efs->file_system_id = "fs-1";
  volume.efs->root_directory = "/app/data";
  fs::create_directories(root_ + "/efs/fs-1");
  fs::create_directories(base_ / "outside/data");
  fs::create_directory_symlink(base_ / "outside", root_ + "/efs/fs-1/app");
  const auto plan = plan_of(volume);
  // The link's target is looked up inside the file system, where there is none: an error, not a
  // mount of the outside.
  const auto done = volumes_->prepare(*plan, "t1");
  EXPECT_FALSE(done);
  EXPECT_TRUE(fs::is_empty(base_ / "outside/data"));
  fs::remove(root_ + "/efs/fs-1/app");
  ASSERT_TRUE(volumes_->prepare(*plan, "t1"));
  ASSERT_TRUE(volumes_->prepare(*plan, "t1"));
  ASSERT_TRUE(write_file_atomic(plan->volumes[0].source + "/kept", "y"));
  ASSERT_TRUE(volumes_->remove_task("t1"));
  EXPECT_TRUE(exists(root_ + "/efs/fs-1/app/data/kept"));
}

TEST_F(VolumesRoot, AnImageFolderIsCopiedOnceWithEverythingItHas) {
  const fs::path data = image_ / "data";
  fs::create_directories(data / "sub");
  ASSERT_TRUE(write_file_atomic(data / "sub/file", std::string(3u << 20, 'x')));
  ASSERT_EQ(::chown((data / "sub/file").c_str(), 1000, 1001), 0);
  ASSERT_EQ(::chmod((data / "sub/file").c_str(), 04711), 0);
  ASSERT_EQ(::setxattr((data / "sub/file").c_str(), "user.drydock", "v", 1, 0), 0);
  ASSERT_EQ(::chown(data.c_str(), 33, 34), 0);
  ASSERT_EQ(::chmod(data.c_str(), 01770), 0);
  fs::create_symlink("/etc/shadow", data / "link");
  ASSERT_EQ(::mkfifo((data / "pipe").c_str(), 0600), 0);
  ASSERT_EQ(::mknod((data / "null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);

  const auto plan = plan_of(named("data"));
  ASSERT_TRUE(volumes_->prepare(*plan, "t1"));
  const std::string source = plan->volumes[0].source;
  const auto done = fill_from_image(root_, "t1", source, image_fd_.get(), "/data");
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(look(source).st_uid, 33u);
  EXPECT_EQ(look(source).st_mode & 07777, 01770u);
  const struct stat file = look(source + "/sub/file");
  EXPECT_EQ(file.st_uid, 1000u);
  EXPECT_EQ(file.st_mode & 07777, 04711u);
  EXPECT_EQ(file.st_size, 3 << 20);
  EXPECT_EQ(file.st_mtim.tv_sec, look(data / "sub/file").st_mtim.tv_sec);
  char value[8];
  EXPECT_EQ(::getxattr((source + "/sub/file").c_str(), "user.drydock", value, sizeof value), 1);
  EXPECT_EQ(fs::read_symlink(source + "/link"), "/etc/shadow");
  EXPECT_TRUE(S_ISFIFO(look(source + "/pipe").st_mode));
  EXPECT_EQ(look(source + "/null").st_rdev, makedev(1, 3));

  fs::remove(source + "/link");
  ASSERT_TRUE(fill_from_image(root_, "t1", source, image_fd_.get(), "/data"));
  EXPECT_FALSE(exists(source + "/link")) << "filled a second time";
}

TEST_F(VolumesRoot, AFolderTheImageLacksLeavesTheVolumeEmpty) {
  fs::create_symlink("/", image_ / "up");
  const std::string source = anonymous_folder(root_, "t1", "web") + "/0";
  ASSERT_TRUE(fill_from_image(root_, "t1", source, image_fd_.get(), "/none"));
  EXPECT_TRUE(fs::is_empty(source));
}

}  // namespace
}  // namespace drydock::volumes
