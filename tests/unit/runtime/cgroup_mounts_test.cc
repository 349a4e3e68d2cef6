#include "runtime/cgroup_mounts.h"

#include <gtest/gtest.h>

namespace drydock::runtime {
namespace {

TEST(CgroupMounts, PureV2) {
  const auto m = cgroup_mounts_of(
      "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  EXPECT_TRUE(m.pure_v2());
  EXPECT_EQ(m.of("memory"), "/sys/fs/cgroup");
}

TEST(CgroupMounts, HybridKeepsControllersOnV1) {
  const auto m = cgroup_mounts_of(
      "31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"
      "32 31 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
      "33 31 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
      "34 31 0:31 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "36 31 0:32 / /sys/fs/cgroup/again rw - cgroup cgroup rw,memory\n"
      "37 23 0:32 / /elsewhere rw - cgroup cgroup rw,pids\n");
  EXPECT_FALSE(m.pure_v2());
  ASSERT_EQ(m.v1.size(), 3u);
  EXPECT_EQ(m.of("cpuacct"), "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(m.of("memory"), "/sys/fs/cgroup/memory");
  EXPECT_EQ(m.of("name=systemd"), "/sys/fs/cgroup/systemd");
  EXPECT_EQ(m.of("pids"), "");
  EXPECT_EQ(m.unified, "/sys/fs/cgroup/unified");
}

TEST(CgroupMounts, StrangeLinesAreSkipped) {
  EXPECT_EQ(cgroup_mounts_of(""), CgroupMounts{});
  EXPECT_EQ(cgroup_mounts_of(
                "\n - \nx - cgroup\n1 2 3 / /sys/fs/cgroup/a rw - cgroup cgroup rw,unknown\n"),
            CgroupMounts{});
}

}  // namespace
}  // namespace drydock::runtime
