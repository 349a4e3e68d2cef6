#include "images/snapshot.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "tests/integration/images/image_fixture.h"

namespace drydock::images {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RootfsTest : public ImagesRoot {
 protected:
  RootfsRequest request(const Image& image, const std::string& name = "c") {
    std::filesystem::create_directories(dir_ + "/" + name);
    return {store().layers_dir(), image.lower, dir_ + "/" + name, dir_ + "/" + name + "/rootfs"};
  }
};

TarPart entry(char type, const std::string& name, const std::string& content = "") {
  TarPart p;
  p.type = type;
  p.name = name;
  p.content = content;
  p.mode = 0755;
  return p;
}

TEST_F(RootfsTest, LayersLieOverOneAnotherAndChangesStayInTheScratchFolder) {
  const ImagePtr image = load_layers(
      {tar_bytes({entry('5', "d"), entry('0', "d/old", "1"), entry('0', "gone", "1"),
                  entry('0', "over", "1"), entry('5', "opaque"), entry('0', "opaque/hidden", "1")}),
       tar_bytes({entry('0', ".wh.gone"), entry('0', "over", "2"), entry('0', "d/new", "2"),
                  entry('5', "opaque"), entry('0', "opaque/.wh..wh..opq")})});
  {
    auto rootfs = Rootfs::mount(request(*image));
    ASSERT_TRUE(rootfs) << rootfs.error().message;
    EXPECT_THAT(tree(rootfs->path()), ElementsAre("d", "d/new", "d/old", "opaque", "over"));
    EXPECT_EQ(text(rootfs->path() + "/over"), "2");
    std::ofstream(rootfs->path() + "/written") << "3";
    std::filesystem::remove(rootfs->path() + "/over");
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir_ + "/c/rootfs")) << "unmounted when its owner went";
  EXPECT_EQ(text(dir_ + "/c/upper/written"), "3");
  EXPECT_EQ(text(store().layers_dir() + "/" + image->lower[0] + "/over"), "2");
}

TEST_F(RootfsTest, AHundredAndTwentySevenLayersMountEvenBelowLongPaths) {
  std::vector<std::string> tars;
  for (int i = 0; i < 127; ++i)
    tars.push_back(tar_bytes({entry('0', "f" + std::to_string(i), "x")}));
  const ImagePtr image = load_layers(tars);
  ASSERT_NE(image, nullptr);
  for (const std::string& name :
       {std::string("c"), std::string(200, 'p') + "/" + std::string(200, 'q')}) {
    auto rootfs = Rootfs::mount(request(*image, name));
    ASSERT_TRUE(rootfs) << rootfs.error().message;
    EXPECT_EQ(tree(rootfs->path()).size(), 127u);
    std::ofstream(rootfs->path() + "/written") << "1";
    EXPECT_TRUE(exists(dir_ + "/" + name + "/upper/written"));
  }
}

TEST_F(RootfsTest, RepeatedAndEmptyLayersMount) {
  const std::string a = tar_bytes({entry('0', "f", "a")});
  const std::string b = tar_bytes({entry('0', "f", "b")});
  const std::string nothing = tar_bytes({});
  const ImagePtr image = load_layers({a, nothing, b, nothing, a});
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->lower.size(), 2u);
  auto rootfs = Rootfs::mount(request(*image));
  ASSERT_TRUE(rootfs) << rootfs.error().message;
  EXPECT_EQ(text(rootfs->path() + "/f"), "a");
  auto empty = Rootfs::mount(request(*load_layers({nothing}, "empty"), "e"));
  EXPECT_TRUE(empty) << empty.error().message;
}

TEST_F(RootfsTest, AMountIsAdoptedByPathAndUnmountedOnce) {
  const ImagePtr image = load_layers({tar_bytes({entry('0', "f", "a")})});
  auto first = Rootfs::mount(request(*image));
  ASSERT_TRUE(first);
  const std::string target = first->keep_mounted();
  *first = Rootfs();
  auto adopted = Rootfs::adopt(target);
  ASSERT_TRUE(adopted);
  EXPECT_EQ(text(target + "/f"), "a");
  EXPECT_TRUE(adopted->unmount());
  EXPECT_TRUE(adopted->unmount());
  EXPECT_TRUE(unmount_rootfs(target));
  EXPECT_EQ(Rootfs::adopt(target).error().code, Errc::kNotFound);
  EXPECT_TRUE(unmount_rootfs(dir_ + "/nosuch"));
}

TEST_F(RootfsTest, ReadOnlyMountsRefuseWrites) {
  const ImagePtr image = load_layers({tar_bytes({entry('0', "f", "a")})});
  RootfsRequest r = request(*image);
  r.read_only = true;
  auto rootfs = Rootfs::mount(r);
  ASSERT_TRUE(rootfs) << rootfs.error().message;
  EXPECT_NE(::mkdir((rootfs->path() + "/x").c_str(), 0755), 0);
}

TEST_F(RootfsTest, FailuresNameWhatIsWrongAndMountNothing) {
  const ImagePtr image = load_layers({tar_bytes({entry('0', "f", "a")})});
  RootfsRequest r = request(*image);
  r.lower.push_back("bnosuchlayer");
  auto missing = Rootfs::mount(r);
  EXPECT_EQ(missing.error().code, Errc::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("bnosuchlayer is gone"));
  r = request(*image, "a,b");
  EXPECT_THAT(Rootfs::mount(r).error().message, HasSubstr("choose another state folder"));
  auto outer = Rootfs::mount(request(*image, "outer"));
  ASSERT_TRUE(outer);
  r = request(*image, "outer/rootfs/inner");
  auto nested = Rootfs::mount(r);
  ASSERT_FALSE(nested);
  EXPECT_EQ(nested.error().code, Errc::kUnsupported);
  EXPECT_THAT(nested.error().message, HasSubstr("lies on an overlay file system"));
}

}  // namespace
}  // namespace drydock::images
