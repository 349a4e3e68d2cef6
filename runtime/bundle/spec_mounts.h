#pragma once
#include "runtime/bundle/spec.h"

namespace drydock::runtime {

// Where the init of initProcessEnabled is seen: Docker's place.
inline constexpr const char* kInitInContainer = "/sbin/docker-init";

// The `mounts` of the document: Docker's standard set, the container's own cgroup, /etc files,
// tmpfs, volumes. A mount of the definition replaces a standard one at the same place, and a mount
// over /dev everything below it.
Json spec_mounts(const BundleInput& input);

}  // namespace drydock::runtime
