#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace drydock::runtime {

// One mounted v1 hierarchy.
struct CgroupHierarchy {
  std::string mount;                     // "/sys/fs/cgroup/cpu,cpuacct"
  std::vector<std::string> controllers;  // "cpu", "cpuacct"; "name=systemd" for a named one
  bool operator==(const CgroupHierarchy&) const = default;
};

// How control groups are mounted on this machine.
struct CgroupMounts {
  std::vector<CgroupHierarchy> v1;  // empty on a pure v2 machine
  std::string unified;  // the v2 tree; without controllers when v1 is not empty (hybrid)
  bool pure_v2() const { return v1.empty() && !unified.empty(); }
  // The mount of the hierarchy that limits `controller`; empty when there is none.
  std::string of(std::string_view controller) const;
  bool operator==(const CgroupMounts&) const = default;
};

// From the text of /proc/self/mountinfo: pure. The first mount of each hierarchy below
// /sys/fs/cgroup counts.
CgroupMounts cgroup_mounts_of(std::string_view mountinfo);

// The machine's. kUnsupported when neither cpu nor memory can be limited.
Result<CgroupMounts> cgroup_mounts();

}  // namespace drydock::runtime
