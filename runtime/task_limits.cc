#include "runtime/task_limits.h"

#include <algorithm>

namespace drydock::runtime {
namespace {

// A machine of unknown size holds everything.
int capped(int asked, int there) { return there > 0 ? std::min(asked, there) : asked; }

}  // namespace

TaskLimits task_limits(const taskdef::TaskDefinition& task, const HostLimits& host) {
  TaskLimits limits;
  limits.cpu_units = capped(task.cpu, host.cpu_units);
  limits.memory_mib = capped(task.memory_mib, host.memory_mib);
  for (const taskdef::ContainerDefinition& c : task.containers) {
    if (task.cpu == 0) limits.cpu_shares += std::max(c.cpu, 2);
    if (task.memory_mib > 0) limits.swap_mib += c.linux_parameters.max_swap_mib.value_or(0);
  }
  return limits;
}

}  // namespace drydock::runtime
