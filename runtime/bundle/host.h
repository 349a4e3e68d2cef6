#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/bundle/spec.h"

namespace drydock::runtime {

// What this process may give to containers: architecture, CapBnd, the hard limits it cannot
// raise, processors and memory, AppArmor. Read once.
HostLimits host_limits();

// All device nodes of this host below /dev that a privileged container gets, as with Docker: not
// its terminals' folder, and not the console.
std::vector<DeviceFacts> host_devices();

// linuxParameters.devices as nodes of this host. kNotFound or kInvalid names the path.
Result<std::vector<DeviceFacts>> device_facts(const std::vector<taskdef::Device>& devices);

}  // namespace drydock::runtime
