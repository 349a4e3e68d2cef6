#include "runtime/bundle/mounts.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.h"

namespace drydock::runtime {
namespace {

namespace fs = std::filesystem;

MountInput input() {
  MountInput in;
  in.container.name = "web";
  in.volumes = {{"data", "/v/data"}, {"logs", "/v/logs"}};
  in.anonymous_folder = "/v/anon";
  return in;
}

TEST(Mounts, VolumesThenOthersThenImageVolumes) {
  MountInput in = input();
  in.container.mount_points = {{"data", "/srv//data/deep/", true}, {"logs", "/logs", false}};
  in.container.volumes_from = {{"side", true}};
  in.others["side"] = {{"/v/x", "/logs", false, false, "x"}, {"/v/y", "/y", false, true, "y"}};
  in.image_volumes = {"/logs", "/srv/data/", "cache"};
  const auto mounts = container_mounts(in);
  ASSERT_TRUE(mounts);
  ASSERT_EQ(mounts->size(), 5u);
  EXPECT_EQ((*mounts)[0], (BindMount{"/v/logs", "/logs", false, true, "logs"}));
  EXPECT_EQ((*mounts)[1], (BindMount{"/v/y", "/y", true, false, "y"}));
  EXPECT_EQ((*mounts)[2].destination, "/cache");
  EXPECT_TRUE((*mounts)[2].from_image);
  EXPECT_EQ((*mounts)[2].source.rfind("/v/anon/", 0), 0u);
  EXPECT_EQ((*mounts)[3].destination, "/srv/data");
  EXPECT_EQ((*mounts)[4], (BindMount{"/v/data", "/srv/data/deep", true, false, "data"}));
}

TEST(Mounts, UnknownNamesAndStrangePathsAreErrors) {
  MountInput in = input();
  in.container.mount_points = {{"none", "/a", false}};
  EXPECT_EQ(container_mounts(in).error().message, "container 'web': unknown volume 'none'");
  in.container.mount_points = {{"data", "a", false}};
  EXPECT_FALSE(container_mounts(in));
  in.container.mount_points = {{"data", "/..//", false}};
  EXPECT_FALSE(container_mounts(in));
  in.container.mount_points.clear();
  in.container.volumes_from = {{"none", false}};
  EXPECT_FALSE(container_mounts(in));
}

class MountPoints : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/drydock-mounts-XXXXXX";
    base_ = ::mkdtemp(name);
    fs::create_directories(base_ / "root/etc");
    fs::create_directories(base_ / "source");
    ASSERT_TRUE(write_file_atomic(base_ / "file", "x"));
    root_.reset(::open((base_ / "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  void TearDown() override { fs::remove_all(base_); }
  Status make(const std::string& destination, bool folder) {
    return make_mount_points(
        root_.get(), {{base_ / (folder ? "source" : "file"), destination, false, false, ""}});
  }
  fs::path base_;
  UniqueFd root_;
};

TEST_F(MountPoints, FoldersAndFilesAreMadeLikeTheirSource) {
  ASSERT_TRUE(make("/a/b/c", true));
  EXPECT_TRUE(fs::is_directory(base_ / "root/a/b/c"));
  ASSERT_TRUE(make("/etc/deep/hosts", false));
  EXPECT_TRUE(fs::is_regular_file(base_ / "root/etc/deep/hosts"));
  ASSERT_TRUE(make("/etc/deep/hosts", false));
}

TEST_F(MountPoints, LinksNeverLeadOut) {
  fs::create_directories(base_ / "outside");
  fs::create_symlink(base_ / "outside", base_ / "root/abs");
  fs::create_symlink("../../outside", base_ / "root/rel");
  ASSERT_TRUE(make("/abs/made", true));
  ASSERT_TRUE(make("/rel/made", true));
  ASSERT_TRUE(make("/rel/file", false));
  EXPECT_TRUE(fs::is_empty(base_ / "outside"));
  EXPECT_TRUE(fs::exists(base_ / "root" / fs::path(base_ / "outside").relative_path() / "made"));
}

TEST_F(MountPoints, DanglingLinksAreFollowedInside) {
  fs::create_symlink("../run/systemd/resolve/stub-resolv.conf", base_ / "root/etc/resolv.conf");
  ASSERT_TRUE(make("/etc/resolv.conf", false));
  EXPECT_TRUE(fs::is_regular_file(base_ / "root/run/systemd/resolve/stub-resolv.conf"));
  fs::create_symlink("/srv/real", base_ / "root/data");
  ASSERT_TRUE(make("/data/x", true));
  EXPECT_TRUE(fs::is_directory(base_ / "root/srv/real/x"));
}

TEST_F(MountPoints, ALoopIsAnErrorNotAHang) {
  fs::create_symlink("loop2", base_ / "root/loop1");
  fs::create_symlink("loop1", base_ / "root/loop2");
  EXPECT_FALSE(make("/loop1", true));
  EXPECT_FALSE(make("/loop1/x", false));
}

TEST_F(MountPoints, AMissingSourceIsNamed) {
  const auto r = make_mount_points(root_.get(), {{"/nowhere/x", "/a", false, false, ""}});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::kNotFound);
  EXPECT_NE(r.error().message.find("/nowhere/x"), std::string::npos);
}

}  // namespace
}  // namespace drydock::runtime
