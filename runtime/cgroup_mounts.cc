#include "runtime/cgroup_mounts.h"

#include <algorithm>

#include "base/files.h"

namespace drydock::runtime {
namespace {

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(at), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// Controllers among the super options "rw,cpu,cpuacct" or "rw,xattr,release_agent=/x,name=systemd".
std::vector<std::string> controllers_of(std::string_view options) {
  static constexpr std::string_view kControllers[] = {
      "cpu",  "cpuacct", "cpuset",  "memory",   "devices",    "freezer", "blkio",
      "pids", "hugetlb", "net_cls", "net_prio", "perf_event", "rdma",    "misc"};
  std::vector<std::string> found;
  for (const std::string_view option : split(options, ','))
    if (option.rfind("name=", 0) == 0 || std::find(std::begin(kControllers), std::end(kControllers),
                                                   option) != std::end(kControllers))
      found.emplace_back(option);
  return found;
}

}  // namespace

std::string CgroupMounts::of(std::string_view controller) const {
  for (const CgroupHierarchy& hierarchy : v1)
    if (std::find(hierarchy.controllers.begin(), hierarchy.controllers.end(), controller) !=
        hierarchy.controllers.end())
      return hierarchy.mount;
  return pure_v2() ? unified : std::string();
}

CgroupMounts cgroup_mounts_of(std::string_view mountinfo) {
  CgroupMounts mounts;
  for (const std::string_view line : split(mountinfo, '\n')) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const auto left = split(line.substr(0, dash), ' ');
    const auto right = split(line.substr(dash + 3), ' ');  // type, source, super options
    if (left.size() < 5 || right.size() < 3 || left[4].rfind("/sys/fs/cgroup", 0) != 0) continue;
    if (right[0] == "cgroup2" && mounts.unified.empty()) mounts.unified = left[4];
    if (right[0] != "cgroup") continue;
    CgroupHierarchy one{std::string(left[4]), controllers_of(right[2])};
    const bool again =
        std::any_of(mounts.v1.begin(), mounts.v1.end(),
                    [&](const CgroupHierarchy& h) { return h.controllers == one.controllers; });
    if (!again && !one.controllers.empty()) mounts.v1.push_back(std::move(one));
  }
  return mounts;
}

Result<CgroupMounts> cgroup_mounts() {
  DRYDOCK_LET(const std::string text, read_file("/proc/self/mountinfo"));
  CgroupMounts mounts = cgroup_mounts_of(text);
  if (mounts.of("cpu").empty() || mounts.of("memory").empty())
    return fail(Errc::kUnsupported,
                "control groups for cpu and memory are not mounted below /sys/fs/cgroup; tasks "
                "cannot be limited "
                "without them (boot a kernel with cgroup v2, or mount the v1 controllers)");
  return mounts;
}

}  // namespace drydock::runtime
