#include "taskdef/fargate_sizes.h"

#include <gtest/gtest.h>

#include <optional>

namespace drydock::taskdef {
namespace {

TEST(FargateSizes, cpu_is_read_in_units_and_in_vcpus) {
  EXPECT_EQ(parse_cpu("1024"), 1024);
  EXPECT_EQ(parse_cpu("1 vCPU"), 1024);
  EXPECT_EQ(parse_cpu(".25 vcpu"), 256);
  EXPECT_EQ(parse_cpu("0.5VCPU"), 512);
  EXPECT_EQ(parse_cpu(" 2 vcpus "), 2048);
}

TEST(FargateSizes, memory_is_read_in_mib_and_in_gb) {
  EXPECT_EQ(parse_memory("2048"), 2048);
  EXPECT_EQ(parse_memory("2 GB"), 2048);
  EXPECT_EQ(parse_memory(".5 gb"), 512);
  EXPECT_EQ(parse_memory("512 MiB"), 512);
  EXPECT_EQ(parse_memory("3gib"), 3072);
}

TEST(FargateSizes, anything_else_is_no_size) {
  for (const char* text :
       {"", " ", "vcpu", "-1", "0", "0 vcpu", "1.2.3", ".", "1 cpu", "0.0001 vcpu", "1 vcpu x",
        "1e3", "9999999999999", "99999999999 vcpu", "٤"})
    EXPECT_EQ(parse_cpu(text), std::nullopt) << text;
  EXPECT_EQ(parse_memory("1 tb"), std::nullopt);
}

TEST(FargateSizes, the_table_has_exactly_these_sizes) {
  int count = 0;
  for (int cpu : {128, 256, 512, 1024, 2048, 3072, 4096, 8192, 16384, 32768})
    for (int memory = 256; memory <= 131072; memory += 256)
      count += fargate_size_exists(cpu, memory);
  EXPECT_EQ(count, 3 + 4 + 7 + 13 + 23 + 12 + 12);
  EXPECT_TRUE(fargate_size_exists(256, 512));
  EXPECT_TRUE(fargate_size_exists(4096, 30720));
  EXPECT_TRUE(fargate_size_exists(8192, 61440));
  EXPECT_TRUE(fargate_size_exists(16384, 122880));
  EXPECT_FALSE(fargate_size_exists(256, 4096));
  EXPECT_FALSE(fargate_size_exists(512, 512));
  EXPECT_FALSE(fargate_size_exists(8192, 17408));
}

TEST(FargateSizes, windows_has_one_to_four_vcpus) {
  EXPECT_FALSE(fargate_size_exists(256, 512, true));
  EXPECT_FALSE(fargate_size_exists(512, 1024, true));
  EXPECT_TRUE(fargate_size_exists(1024, 2048, true));
  EXPECT_TRUE(fargate_size_exists(4096, 8192, true));
  EXPECT_FALSE(fargate_size_exists(8192, 16384, true));
}

}  // namespace
}  // namespace drydock::taskdef
