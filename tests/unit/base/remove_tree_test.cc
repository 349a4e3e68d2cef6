#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/files.h"

namespace drydock {
namespace {

std::string temporary_folder() {
  char name[] = "/tmp/drydock-files-XXXXXX";
  EXPECT_NE(::mkdtemp(name), nullptr);
  return name;
}

TEST(RemoveTree, RemovesFilesFoldersAndLinksButNotWhatLinksLeadTo) {
  const std::string dir = temporary_folder();
  std::filesystem::create_directories(dir + "/tree/a/b");
  std::ofstream(dir + "/tree/a/b/file") << "x";
  std::ofstream(dir + "/kept") << "x";
  std::filesystem::create_symlink("../kept", dir + "/tree/link");
  std::filesystem::create_symlink(dir, dir + "/tree/up");
  EXPECT_TRUE(remove_tree(dir + "/tree"));
  EXPECT_FALSE(exists(dir + "/tree"));
  EXPECT_TRUE(exists(dir + "/kept"));
  EXPECT_TRUE(remove_tree(dir + "/tree")) << "absent is success";
  EXPECT_TRUE(remove_tree(dir + "/kept")) << "a file is a tree, too";
  EXPECT_TRUE(remove_tree(dir));
}

TEST(RemoveTree, RemovesFoldersNestedDeeperThanThereAreDescriptors) {
  const std::string dir = temporary_folder();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  UniqueFd at(::open(dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (int depth = 0; depth < 150; ++depth) {
    ASSERT_EQ(::mkdirat(at.get(), "d", 0755), 0);
    ASSERT_EQ(::mkdirat(at.get(), "deep-1", 0755), 0);  // a name the walk would like to use
    at.reset(::openat(at.get(), "d", O_PATH | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(at);
  }
  at.reset();
  const rlimit few{160, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  auto removed = remove_tree(dir);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(removed) << removed.error().message.substr(0, 300);
  EXPECT_FALSE(exists(dir));
}

}  // namespace
}  // namespace drydock
