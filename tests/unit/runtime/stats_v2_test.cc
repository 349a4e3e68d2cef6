#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/files.h"
#include "runtime/cgroup_mounts.h"
#include "runtime/stats.h"

namespace drydock::runtime {
namespace {

// A control group tree of version 2, as the kernel shows one.
class StatsV2 : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/drydock-stats-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    mounts_.unified = folder;
    ASSERT_TRUE(make_dirs(mounts_.unified + "/task/app"));
  }
  void TearDown() override { EXPECT_TRUE(remove_tree(mounts_.unified)); }
  void file(const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_file_atomic(mounts_.unified + "/task/" + name, text));
  }
  CgroupMounts mounts_;
};

TEST_F(StatsV2, AGroupIsReadFromItsFilesAndLimitedByItsTasks) {
  file("app/cpu.stat", "usage_usec 2000000\nuser_usec 1500000\nsystem_usec 500000\n");
  file("app/memory.current", "4096\n");
  file("app/memory.max", "max\n");
  file("memory.max", "1048576\n");
  file("app/memory.events", "low 0\noom_kill 2\n");
  file("app/memory.stat", "anon 1024\nfile 2048\n");
  file("app/pids.current", "3\n");
  file("app/pids.max", "100\n");
  file("app/io.stat", "8:0 rbytes=512 wbytes=1024 rios=1 wios=2\n");
  const auto read = read_group_stats(mounts_, "/task/app");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->v2);
  EXPECT_EQ(read->cpu.total, 2'000'000'000u);
  EXPECT_EQ(read->memory_usage, 4096u);
  EXPECT_EQ(read->memory_limit, 1048576u);
  EXPECT_EQ(read->memory_failures, 2u);
  EXPECT_EQ(read->memory.at("anon"), 1024u);
  EXPECT_EQ(read->pids, 3u);
  EXPECT_EQ(read->pids_limit, 100u);
  EXPECT_FALSE(read->io_bytes.empty());
}

TEST_F(StatsV2, AGroupThatIsNotThereIsAnError) {
  EXPECT_EQ(read_group_stats(mounts_, "/task/other").error().code, Errc::kNotFound);
  EXPECT_FALSE(read_group_stats(mounts_, ""));
}

}  // namespace
}  // namespace drydock::runtime
