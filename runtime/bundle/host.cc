#include "runtime/bundle/host.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include <linux/capability.h>

#include "base/files.h"

namespace drydock::runtime {
namespace {

struct Named {
  const char* name;
  __rlimit_resource resource;
};
constexpr Named kLimits[] = {{"core", RLIMIT_CORE},         {"cpu", RLIMIT_CPU},
                             {"data", RLIMIT_DATA},         {"fsize", RLIMIT_FSIZE},
                             {"locks", RLIMIT_LOCKS},       {"memlock", RLIMIT_MEMLOCK},
                             {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
                             {"nofile", RLIMIT_NOFILE},     {"nproc", RLIMIT_NPROC},
                             {"rss", RLIMIT_RSS},           {"rtprio", RLIMIT_RTPRIO},
                             {"rttime", RLIMIT_RTTIME},     {"sigpending", RLIMIT_SIGPENDING},
                             {"stack", RLIMIT_STACK}};

std::uint64_t bounding_set() {
  std::uint64_t set = 0;
  for (int cap = 0; cap < 64; ++cap) {
    const int have = ::prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
    if (have < 0) break;
    if (have == 1) set |= 1ull << cap;
  }
  return set;
}

}  // namespace

HostLimits host_limits() {
  HostLimits limits;
  utsname name{};
  if (::uname(&name) == 0) limits.machine = name.machine;
  limits.capabilities = bounding_set();
  const bool may_raise = (limits.capabilities & (1ull << CAP_SYS_RESOURCE)) != 0;
  for (const Named& one : kLimits) {
    rlimit now{};
    if (may_raise || ::getrlimit(one.resource, &now) != 0 || now.rlim_max == RLIM_INFINITY)
      continue;
    limits.hard_limits[one.name] = now.rlim_max;
  }
  if (may_raise) {  // the one limit the kernel holds against everybody
    std::uint64_t most = 0;
    if (const auto text = read_file("/proc/sys/fs/nr_open", 64);
        text && std::from_chars(text->data(), text->data() + text->size(), most).ec == std::errc{})
      limits.hard_limits["nofile"] = most;
  }
  return limits;
}

Result<std::vector<DeviceFacts>> device_facts(const std::vector<taskdef::Device>& devices) {
  std::vector<DeviceFacts> facts;
  for (const taskdef::Device& device : devices) {
    struct stat st {};
    if (::stat(device.host_path.c_str(), &st) != 0) return fail_errno("device " + device.host_path);
    if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
      return fail(Errc::kInvalid, "device " + device.host_path + ": this is no device node");
    DeviceFacts one;
    one.path = device.container_path.empty() ? device.host_path : device.container_path;
    one.block = S_ISBLK(st.st_mode);
    one.major = major(st.st_rdev);
    one.minor = minor(st.st_rdev);
    one.mode = st.st_mode & 07777;
    one.uid = st.st_uid;
    one.gid = st.st_gid;
    if (!device.permissions.empty()) {
      one.access.clear();
      for (const auto& [word, letter] : {std::pair{"read", 'r'}, {"write", 'w'}, {"mknod", 'm'}})
        if (std::find(device.permissions.begin(), device.permissions.end(), word) !=
            device.permissions.end())
          one.access += letter;
    }
    facts.push_back(std::move(one));
  }
  return facts;
}

}  // namespace drydock::runtime
