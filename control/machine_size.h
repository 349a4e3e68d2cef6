#pragma once
#include <string>

#include "taskdef/model.h"

namespace drydock::control {

// What this machine has to give to tasks; 0: not known.
struct MachineSize {
  int cpu_units = 0;  // 1024 = one CPU
  int memory_mib = 0;
};

// Asks the kernel.
MachineSize machine_size();

// In which way a task asks for more than there is: a failure of RunTask where that is refused
// (api.md 3.3), else a line for people, since it runs with what there is. Empty: it fits.
struct Excess {
  std::string reason;  // RESOURCE:CPU, RESOURCE:MEMORY
  std::string text;
};
Excess excess_of(const taskdef::TaskDefinition& definition, const MachineSize& machine);

}  // namespace drydock::control
