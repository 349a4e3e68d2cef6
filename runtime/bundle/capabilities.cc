#include "runtime/bundle/capabilities.h"

#include <array>
#include <string_view>

namespace drydock::runtime {
namespace {

// The index is the number of linux/capability.h.
constexpr std::array<std::string_view, 41> kNames = {"CHOWN",
                                                     "DAC_OVERRIDE",
                                                     "DAC_READ_SEARCH",
                                                     "FOWNER",
                                                     "FSETID",
                                                     "KILL",
                                                     "SETGID",
                                                     "SETUID",
                                                     "SETPCAP",
                                                     "LINUX_IMMUTABLE",
                                                     "NET_BIND_SERVICE",
                                                     "NET_BROADCAST",
                                                     "NET_ADMIN",
                                                     "NET_RAW",
                                                     "IPC_LOCK",
                                                     "IPC_OWNER",
                                                     "SYS_MODULE",
                                                     "SYS_RAWIO",
                                                     "SYS_CHROOT",
                                                     "SYS_PTRACE",
                                                     "SYS_PACCT",
                                                     "SYS_ADMIN",
                                                     "SYS_BOOT",
                                                     "SYS_NICE",
                                                     "SYS_RESOURCE",
                                                     "SYS_TIME",
                                                     "SYS_TTY_CONFIG",
                                                     "MKNOD",
                                                     "LEASE",
                                                     "AUDIT_WRITE",
                                                     "AUDIT_CONTROL",
                                                     "SETFCAP",
                                                     "MAC_OVERRIDE",
                                                     "MAC_ADMIN",
                                                     "SYSLOG",
                                                     "WAKE_ALARM",
                                                     "BLOCK_SUSPEND",
                                                     "AUDIT_READ",
                                                     "PERFMON",
                                                     "BPF",
                                                     "CHECKPOINT_RESTORE"};
constexpr std::array<std::string_view, 14> kDefault = {
    "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER", "FSETID",  "KILL",   "MKNOD",
    "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",      "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"};
constexpr std::uint64_t kAll = (1ull << kNames.size()) - 1;

std::uint64_t bit(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return 1ull << i;
  return 0;
}

struct Asked {
  std::uint64_t named = 0;
  bool all = false;
};
Asked asked(const std::vector<std::string>& names) {
  Asked result;
  for (const std::string& name : names) {
    result.named |= bit(name);
    result.all = result.all || name == "ALL";
  }
  return result;
}

}  // namespace

std::vector<std::string> container_capabilities(const std::vector<std::string>& add,
                                                const std::vector<std::string>& drop,
                                                bool privileged, std::uint64_t permitted,
                                                std::vector<std::string>& refused) {
  const Asked more = asked(add);
  const Asked less = asked(drop);
  std::uint64_t want = 0;
  for (const std::string_view name : kDefault) want |= bit(name);
  if (privileged) {
    want = kAll;
  } else if (more.all) {  // Docker's rules: "add ALL" yields to single drops, anything else to
                          // single adds
    want = kAll & ~less.named;
  } else if (less.all) {
    want = more.named;
  } else {
    want = (want & ~less.named) | more.named;
  }
  std::vector<std::string> granted;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (!(want & (1ull << i))) continue;
    std::string name = "CAP_" + std::string(kNames[i]);
    (permitted & (1ull << i) ? granted : refused).push_back(std::move(name));
  }
  return granted;
}

}  // namespace drydock::runtime
