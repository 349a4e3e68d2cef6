#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "metadata/stats_document.h"
#include "tests/unit/metadata/golden.h"
#include "tests/unit/metadata/sample_task.h"

namespace drydock::metadata {
namespace {

using namespace std::chrono_literals;

TaskSample sample(const char* at, std::uint64_t cpu, std::uint64_t bytes, bool v2) {
  TaskSample out;
  out.at = *parse_rfc3339(at);
  out.host = {402'110'000'000'000, 2};
  out.interfaces["tide"]["eth1"] = {bytes, 1820, 0, 0, 2 * bytes, 933, 0, 1};
  auto& of = out.containers["tide"];
  of.v2 = v2;
  of.cpu = {cpu, cpu / 4, cpu / 2, {}, 3, 2, 1};
  if (!v2) of.cpu.each = {cpu, 0};
  of.io_bytes = {{259, 0, v2 ? "read" : "Read", 1228800}};
  if (!v2) of.io_operations = {{259, 0, "Read", 75}};
  of.memory_usage = 48234496;
  of.memory_peak = v2 ? 0 : 50000000;
  of.memory_limit = 805306368;
  of.memory = {{"anon", 30408704}, {"file", 14680064}};
  of.pids = 12;
  return out;
}

StatsBook::Observed seen(bool v2) {
  return {std::make_shared<TaskSample>(
              sample("2026-03-01T08:20:00.500000001Z", 912345678, 1204332, v2)),
          std::make_shared<TaskSample>(sample("2026-03-01T08:19:50Z", 905345678, 1200000, v2))};
}

TEST(MetadataStats, OfVersionTwoGroupsAreWholeInV4) {
  expect_golden("v4_stats_cgroup2.json",
                stats_document(seen(true), *sample_task()->spec, "tide", Version::kV4));
}

TEST(MetadataStats, OfVersionOneGroupsHaveNoRatesInV3) {
  expect_golden("v3_stats_cgroup1.json",
                stats_document(seen(false), *sample_task()->spec, "tide", Version::kV3));
}

TEST(MetadataStats, TheFirstSampleHasNothingBeforeIt) {
  const auto first =
      stats_document({seen(true).now, nullptr}, *sample_task()->spec, "tide", Version::kV4);
  EXPECT_EQ(first["preread"], "0001-01-01T00:00:00Z");
  EXPECT_EQ(first["precpu_stats"].dump(),
            R"({"cpu_usage":{"total_usage":0,"usage_in_kernelmode":0,"usage_in_usermode":0},)"
            R"("throttling_data":{"periods":0,"throttled_periods":0,"throttled_time":0}})");
  EXPECT_FALSE(first.contains("network_rate_stats"));
  EXPECT_TRUE(stats_document(seen(true), *sample_task()->spec, "router", Version::kV4).is_null());
}

TEST(MetadataStats, OnEc2TheNameIsDockers) {
  auto spec = *sample_task()->spec;
  spec.launch_type = "EC2";
  EXPECT_EQ(stats_document(seen(true), spec, "tide", Version::kV4)["name"].get<std::string>().rfind(
                "/ecs-tide-12-tide-", 0),
            0U);
}

class Book : public ::testing::Test {
 protected:
  StatsBook::Observed look(StatsBook::TimePoint::duration after) {
    return book_.look(*task_, StatsBook::TimePoint() + 1h + after);
  }
  std::shared_ptr<runtime::TaskView> task_ = sample_task();
  std::uint64_t cpu_ = 100;
  StatsBook book_{
      [this](const runtime::TaskView&) { return sample("2026-03-01T08:20:00Z", cpu_, 0, true); }};
};

TEST_F(Book, LooksAtMostOnceASecond) {
  EXPECT_EQ(look(0s).before, nullptr);
  cpu_ = 200;
  EXPECT_EQ(look(999ms).now->containers.at("tide").cpu.total, 100U);
  const auto later = look(1s);
  EXPECT_EQ(later.now->containers.at("tide").cpu.total, 200U);
  EXPECT_EQ(later.before->containers.at("tide").cpu.total, 100U);
}

TEST_F(Book, CountersOfARestartedContainerGoOn) {
  look(0s);
  task_->containers[1].started_at = *parse_rfc3339("2026-05-04T11:00:00Z");
  cpu_ = 7;
  const auto again = look(2s).now->containers.at("tide");
  EXPECT_EQ(again.cpu.total, 107U);
  EXPECT_EQ(again.io_bytes[0].value, 2 * 1228800U);
  EXPECT_EQ(again.memory_usage, 48234496U);
  EXPECT_EQ(look(4s).now->containers.at("tide").cpu.total, 107U);
}

}  // namespace
}  // namespace drydock::metadata
