#include "runtime/task_limits.h"

#include <gtest/gtest.h>

namespace drydock::runtime {
namespace {

taskdef::TaskDefinition task_of(int cpu, int memory) {
  taskdef::TaskDefinition task;
  task.cpu = cpu;
  task.memory_mib = memory;
  task.containers.resize(2);
  return task;
}

HostLimits laptop() {
  HostLimits host;
  host.cpu_units = 2048;
  host.memory_mib = 4000;
  return host;
}

TEST(TaskLimits, ATaskThatFitsHasWhatItAsksFor) {
  const TaskLimits limits = task_limits(task_of(512, 1024), laptop());
  EXPECT_EQ(limits.cpu_units, 512);
  EXPECT_EQ(limits.memory_mib, 1024);
  EXPECT_EQ(limits.swap_mib, 0);
}

TEST(TaskLimits, ALargerOneRunsWithWhatIsThere) {
  const TaskLimits limits = task_limits(task_of(4096, 8192), laptop());
  EXPECT_EQ(limits.cpu_units, 2048);
  EXPECT_EQ(limits.memory_mib, 4000);
}

TEST(TaskLimits, WithoutACpuTheSharesOfItsContainersCount) {
  auto task = task_of(0, 0);
  task.containers[0].cpu = 100;
  EXPECT_EQ(task_limits(task, {}).cpu_shares, 102);
}

TEST(TaskLimits, ItsContainersSwapComesOnTopOfItsMemory) {
  auto task = task_of(0, 512);
  task.containers[1].linux_parameters.max_swap_mib = 64;
  EXPECT_EQ(task_limits(task, {}).swap_mib, 64);
}

}  // namespace
}  // namespace drydock::runtime
