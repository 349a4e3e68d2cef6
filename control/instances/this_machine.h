#pragma once
#include <string>

#include "control/clusters.h"
#include "control/instances/instance.h"
#include "control/machine_size.h"

// This machine as a container instance (configuration key instances.virtual).
namespace drydock::control::instances {

struct ThisMachine {
  MachineSize size;
  bool privileged = false;  // privileged containers may run
};

// What it says of itself: only what is true here. Pure, but for the processor, which the kernel
// knows.
Attributes machine_attributes(const ThisMachine& machine, const std::string& zone);
// An ACTIVE instance of that cluster, under the name that introspection tells its tasks
// (runtime/bundle/metadata_file.h).
Instance machine_instance(const ThisMachine& machine, const Caller& caller,
                          const Clusters::Ref& cluster);

}  // namespace drydock::control::instances
