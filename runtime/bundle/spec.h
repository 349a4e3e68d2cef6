#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "runtime/bundle/mounts.h"
#include "runtime/bundle/users.h"
#include "taskdef/model.h"

namespace drydock::runtime {

// What the image config says about starting it.
struct ImageFacts {
  std::vector<std::string> entry_point;
  std::vector<std::string> command;
  std::string working_directory;
};

// A device node for linuxParameters.devices, looked up on the host.
struct DeviceFacts {
  std::string path;  // in the container
  bool block = false;
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::uint32_t mode = 0660;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string access = "rwm";
};

// What this machine permits; the same for all containers (host.h reads it).
struct HostLimits {
  std::string machine = "x86_64";      // uname
  std::uint64_t capabilities = ~0ull;  // CapBnd
  std::map<std::string, std::uint64_t>
      hard_limits;     // ulimit name -> highest value we may set; absent: any
  int cpu_units = 0;   // 1024 for each processor; 0: not known
  int memory_mib = 0;  // 0: not known
  bool apparmor = false;
};

// Where the container lives on the host.
struct Placement {
  std::string rootfs;
  std::string hostname;
  std::optional<std::string> netns_path;  // empty: a new one with loopback; absent: this machine's
  std::string pid_namespace;              // pidMode task; empty: its own
  std::string ipc_namespace;              // ipcMode task; empty: its own
  std::string shared_memory;  // a folder of the host for /dev/shm; empty: the container's own
  std::string cgroups_path;
  std::string cgroup_namespace;          // empty: the runtime's default
  std::vector<BindMount> cgroup_mounts;  // below /sys/fs/cgroup (cgroup.h)
  bool swap_limit = true;                // the kernel accounts swap (cgroup.h)
  bool cgroup2 = false;                  // version 2 alone
  std::string init_program;              // a static init on the host, for initProcessEnabled
  std::vector<BindMount> files;          // hosts, hostname, resolv.conf
};

// Everything the document is made from.
struct BundleInput {
  taskdef::ContainerDefinition container;
  std::string pid_mode;  // the task's
  std::string ipc_mode;
  ImageFacts image;
  ContainerUser user;
  std::vector<std::string> environment;  // "K=V", complete but for PATH, HOME, HOSTNAME and TERM
  std::vector<BindMount> mounts;         // mounts.h
  std::vector<DeviceFacts> devices;
  HostLimits host;
  Placement place;
};

// The OCI 1.0.2 config.json for runc and crun. Pure: same input, same bytes. `notes` gets a line
// for each thing that runs differently here than asked. kInvalid: nothing to run ("No command
// specified"), a sysctl that is not the container's own.
Result<Json> oci_spec(const BundleInput& input, std::vector<std::string>& notes);

// process.args: entryPoint and command of the definition over those of the image; an entryPoint
// drops the image's Cmd (task-definition.md 4.1). Empty lists count as absent.
std::vector<std::string> container_args(const taskdef::ContainerDefinition& container,
                                        const ImageFacts& image);

}  // namespace drydock::runtime
