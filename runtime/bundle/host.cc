#include "runtime/bundle/host.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
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

DeviceFacts facts_of(const std::string& path, const struct stat& st) {
  DeviceFacts one;
  one.path = path;
  one.block = S_ISBLK(st.st_mode);
  one.major = major(st.st_rdev);
  one.minor = minor(st.st_rdev);
  one.mode = st.st_mode & 07777;
  one.uid = st.st_uid;
  one.gid = st.st_gid;
  return one;
}

void add_devices(const std::string& folder, std::vector<DeviceFacts>& facts) {
  static constexpr std::string_view kNot[] = {"/dev/pts",    "/dev/shm",     "/dev/fd",
                                              "/dev/mqueue", "/dev/console", "/dev/ptmx"};
  for (const std::string& name : list_dir(folder)) {
    const std::string path = folder + "/" + name;
    struct stat st {};
    if (std::find(std::begin(kNot), std::end(kNot), path) != std::end(kNot) ||
        ::lstat(path.c_str(), &st) != 0)
      continue;
    if (S_ISDIR(st.st_mode))
      add_devices(path, facts);
    else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
      facts.push_back(facts_of(path, st));
  }
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
  cpu_set_t processors;
  if (::sched_getaffinity(0, sizeof processors, &processors) == 0)
    limits.cpu_units = CPU_COUNT(&processors) * 1024;
  struct sysinfo memory {};
  if (::sysinfo(&memory) == 0)
    limits.memory_mib = static_cast<int>(std::uint64_t{memory.totalram} * memory.mem_unit >> 20);
  limits.apparmor =
      read_file("/sys/module/apparmor/parameters/enabled", 64).value_or("").starts_with('Y');
  return limits;
}

std::vector<DeviceFacts> host_devices() {
  std::vector<DeviceFacts> facts;
  add_devices("/dev", facts);
  return facts;
}

Result<std::vector<DeviceFacts>> device_facts(const std::vector<taskdef::Device>& devices) {
  std::vector<DeviceFacts> facts;
  for (const taskdef::Device& device : devices) {
    struct stat st {};
    if (::stat(device.host_path.c_str(), &st) != 0) return fail_errno("device " + device.host_path);
    if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
      return fail(Errc::kInvalid, "device " + device.host_path + ": this is no device node");
    DeviceFacts one =
        facts_of(device.container_path.empty() ? device.host_path : device.container_path, st);
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
