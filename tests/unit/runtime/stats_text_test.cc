#include "runtime/stats_text.h"

#include <gtest/gtest.h>

namespace drydock::runtime {
namespace {

TEST(StatsText, CpuOfVersionTwoIsInMicroseconds) {
  const auto cpu = cpu_of_v2(
      "usage_usec 912345\nuser_usec 700000\nsystem_usec 212345\ncore_sched.force_idle_usec 0\n"
      "nr_periods 12\nnr_throttled 3\nthrottled_usec 4567\nnr_bursts 0\nburst_usec 0\n");
  EXPECT_EQ(cpu, (CpuCounters{912345000, 212345000, 700000000, {}, 12, 3, 4567000}));
}

TEST(StatsText, CpuOfVersionOneIsInNanosecondsAndTicks) {
  const auto cpu = cpu_of_v1("2048576123\n", "1048576123 1000000000 \n", "user 150\nsystem 51\n",
                             "nr_periods 4\nnr_throttled 1\nthrottled_time 99\n", 10'000'000);
  EXPECT_EQ(cpu, (CpuCounters{
                     2048576123, 510'000'000, 1'500'000'000, {1048576123, 1000000000}, 4, 1, 99}));
}

TEST(StatsText, BlocksOfVersionTwoAreBytesReadAndWritten) {
  EXPECT_EQ(blocks_of_v2("259:0 rbytes=1228800 wbytes=40960 rios=75 wios=4 dbytes=0 dios=0\n"
                         "8:16 \n7:0 rbytes=x\n"),
            (std::vector<BlockCounter>{{259, 0, "read", 1228800}, {259, 0, "write", 40960}}));
  EXPECT_TRUE(blocks_of_v2("").empty());
}

TEST(StatsText, BlocksOfVersionOneLeaveTheSumOut) {
  EXPECT_EQ(
      blocks_of_v1("8:0 Read 4096\n8:0 Write 0\n8:0 Total 4096\nTotal 4096\n"),
      (std::vector<BlockCounter>{{8, 0, "Read", 4096}, {8, 0, "Write", 0}, {8, 0, "Total", 4096}}));
}

TEST(StatsText, ALimitMayBeAbsent) {
  EXPECT_EQ(one_limit("268435456\n"), 268435456U);
  EXPECT_EQ(one_limit("max\n"), std::nullopt);
  EXPECT_EQ(one_limit("9223372036854771712\n"), std::nullopt);
  EXPECT_EQ(one_limit(""), std::nullopt);
  EXPECT_EQ(one_limit("-1\n"), std::nullopt);
}

TEST(StatsText, InterfacesAreNamedBeforeTheirColon) {
  const auto all = interfaces_of(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "
      "drop "
      "fifo colls carrier compressed\n"
      "    lo:       0       0    0    0    0     0          0         0        0       0    0    "
      "0 "
      "   0     0       0          0\n"
      "  eth1:1204332    1820    1    2    0     0          0         0    99231     933    3    4 "
      "   0     0       0          0\n"
      "broken: 1 2 3\n");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all.at("eth1"), (InterfaceCounters{1204332, 1820, 1, 2, 99231, 933, 3, 4}));
}

TEST(StatsText, TheHostsTicksAreEightColumns) {
  EXPECT_EQ(host_ticks("cpu  1 2 3 4 5 6 7 8 100 100\ncpu0 1 2 3\n"), 36U);
  EXPECT_EQ(host_ticks("intr 5\n"), 0U);
}

TEST(StatsText, CountersAreReadLineByLine) {
  const auto all = flat_counters("anon 12\nfile 3\n\nodd\nnegative -1\nlast 7");
  EXPECT_EQ(all, (std::map<std::string, std::uint64_t>{{"anon", 12}, {"file", 3}, {"last", 7}}));
}

}  // namespace
}  // namespace drydock::runtime
