#include "control/machine_size.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::control {
namespace {

Excess excess(int cpu, int memory_mib, MachineSize machine = {2048, 4000}) {
  taskdef::TaskDefinition d;
  d.cpu = cpu;
  d.memory_mib = memory_mib;
  return excess_of(d, machine);
}

TEST(MachineSize, WhatFitsIsNoExcess) {
  EXPECT_EQ(excess(2048, 4000).reason, "");
  EXPECT_EQ(excess(0, 0).reason, "");
}

TEST(MachineSize, MoreThanThereIsNamesWhat) {
  EXPECT_EQ(excess(4096, 512).reason, "RESOURCE:CPU");
  EXPECT_EQ(excess(256, 4001).reason, "RESOURCE:MEMORY");
  EXPECT_THAT(excess(256, 4001).text,
              testing::HasSubstr("4001 MiB of memory and this machine has 4000"));
}

TEST(MachineSize, AMachineThatDoesNotSayIsLargeEnough) {
  EXPECT_EQ(excess(16384, 122880, {0, 0}).reason, "");
}

TEST(MachineSize, TheKernelKnowsBoth) {
  EXPECT_GE(machine_size().cpu_units, 1024);
  EXPECT_GT(machine_size().memory_mib, 0);
}

}  // namespace
}  // namespace drydock::control
