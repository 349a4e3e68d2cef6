#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/bundle/spec.h"

namespace drydock::runtime {

// What this process may give to containers: architecture, CapBnd, and the hard limits it cannot
// raise. Read once.
HostLimits host_limits();

// linuxParameters.devices as nodes of this host. kNotFound or kInvalid names the path.
Result<std::vector<DeviceFacts>> device_facts(const std::vector<taskdef::Device>& devices);

}  // namespace drydock::runtime
