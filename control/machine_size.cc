#include "control/machine_size.h"

#include <unistd.h>

namespace drydock::control {

MachineSize machine_size() {
  const long cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGESIZE);
  MachineSize size;
  if (cpus > 0) size.cpu_units = static_cast<int>(cpus * 1024);
  if (pages > 0 && page > 0) size.memory_mib = static_cast<int>((pages / 1024) * page / 1024);
  return size;
}

Excess excess_of(const taskdef::TaskDefinition& d, const MachineSize& machine) {
  if (machine.cpu_units > 0 && d.cpu > machine.cpu_units)
    return {"RESOURCE:CPU", "the task asks for " + std::to_string(d.cpu) +
                                " CPU units and this machine has " +
                                std::to_string(machine.cpu_units) + ": it gets what there is"};
  if (machine.memory_mib > 0 && d.memory_mib > machine.memory_mib)
    return {"RESOURCE:MEMORY", "the task asks for " + std::to_string(d.memory_mib) +
                                   " MiB of memory and this machine has " +
                                   std::to_string(machine.memory_mib) + ": it gets what there is"};
  return {};
}

}  // namespace drydock::control
