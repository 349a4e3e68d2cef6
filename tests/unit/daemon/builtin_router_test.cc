#include "daemon/builtin_router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::daemon {
namespace {

TEST(BuiltinRouter, TheLibrariesAreThoseThatLddNames) {
  EXPECT_THAT(
      libraries_of("\tlinux-vdso.so.1 (0x00007ffc)\n"
                   "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n"
                   "\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n"),
      testing::ElementsAre("/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"));
}

TEST(BuiltinRouter, TheArchiveIsMadeOfWholeBlocks) {
  const std::string tar =
      tar_of({{"a/", "", "", false}, {"a/b", "text", "", false}, {"a/c", "", "/a/b", false}});
  EXPECT_EQ(tar.size(), 512U * 6);
  EXPECT_EQ(tar.substr(512, 3), "a/b");
  EXPECT_EQ(tar.substr(1024, 4), "text");
  EXPECT_EQ(tar[512 * 3 + 156], '2');
  const std::string image = image_archive({{"x", "y", "", true}}, "n:1", "/x");
  EXPECT_NE(image.find("org.opencontainers.image.ref.name\":\"n:1"), std::string::npos);
}

}  // namespace
}  // namespace drydock::daemon
