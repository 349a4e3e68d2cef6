#pragma once
#include <string>
#include <vector>

#include "base/result.h"

namespace drydock::runtime::shim {

// Puts this process into control groups, by their cgroup.procs files.
Status join_groups(const std::vector<std::string>& files);

}  // namespace drydock::runtime::shim
