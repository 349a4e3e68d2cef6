#include "runtime/bundle/spec_mounts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::runtime {
namespace {

constexpr int kShmMib = 64;

using Options = std::vector<std::string>;

Json mount(const std::string& destination, const char* type, const std::string& source,
           const Options& options) {
  return {{"destination", destination}, {"type", type}, {"source", source}, {"options", options}};
}

Json bind_mount(const std::string& destination, const std::string& source, bool read_only) {
  return mount(destination, "bind", source, {"rbind", "rprivate", read_only ? "ro" : "rw"});
}

void add_cgroup(const BundleInput& in, Json& list) {
  const std::vector<BindMount>& own = in.place.cgroup_mounts;
  if (own.empty()) return;
  const std::string access = in.container.privileged ? "rw" : "ro";
  const bool one_tree = own.front().destination == "/sys/fs/cgroup";
  if (!one_tree)
    list.push_back(mount("/sys/fs/cgroup", "tmpfs", "tmpfs",
                         {"nosuid", "noexec", "nodev", "mode=755", "size=64k"}));
  for (const BindMount& group : own)
    list.push_back(mount(group.destination, "bind", group.source,
                         {"bind", "rprivate", "nosuid", "noexec", "nodev", access}));
}

Json standard(const BundleInput& in) {
  const bool privileged = in.container.privileged;
  Json list = Json::array();
  list.push_back(mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}));
  list.push_back(
      mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}));
  list.push_back(mount("/dev/pts", "devpts", "devpts",
                       {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}));
  list.push_back(
      mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", privileged ? "rw" : "ro"}));
  add_cgroup(in, list);
  list.push_back(mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}));
  if (!in.place.shared_memory.empty()) {
    list.push_back(bind_mount("/dev/shm", in.place.shared_memory, false));
  } else if (in.ipc_mode != "none") {
    const int size = in.container.linux_parameters.shared_memory_size_mib.value_or(kShmMib);
    list.push_back(
        mount("/dev/shm", "tmpfs", "shm",
              {"nosuid", "noexec", "nodev", "mode=1777", "size=" + std::to_string(size) + "m"}));
  }
  return list;
}

// True for a standard mount that the definition mounts over.
bool replaced(const std::string& standard_path, const std::vector<std::string>& own) {
  return std::any_of(own.begin(), own.end(), [&](const std::string& path) {
    return path == standard_path ||
           ((path == "/dev" || path == "/sys") && standard_path.rfind(path + "/", 0) == 0);
  });
}

}  // namespace

Json spec_mounts(const BundleInput& in) {
  std::vector<std::string> own;
  for (const BindMount& volume : in.mounts) own.push_back(volume.destination);
  for (const taskdef::Tmpfs& tmpfs : in.container.linux_parameters.tmpfs)
    own.push_back(tmpfs.container_path);

  Json list = Json::array();
  for (Json& entry : standard(in))
    if (!replaced(entry["destination"].get<std::string>(), own)) list.push_back(std::move(entry));
  for (const BindMount& file : in.place.files)
    if (!replaced(file.destination, own))
      list.push_back(bind_mount(file.destination, file.source,
                                file.read_only || in.container.readonly_root_filesystem));
  if (in.container.linux_parameters.init_process_enabled && !in.place.init_program.empty())
    list.push_back(bind_mount(kInitInContainer, in.place.init_program, true));
  for (const taskdef::Tmpfs& tmpfs : in.container.linux_parameters.tmpfs) {
    Options options = {"nosuid", "noexec", "nodev"};
    if (tmpfs.size_mib > 0) options.push_back("size=" + std::to_string(tmpfs.size_mib) + "m");
    options.insert(options.end(), tmpfs.mount_options.begin(), tmpfs.mount_options.end());
    list.push_back(mount(tmpfs.container_path, "tmpfs", "tmpfs", options));
  }
  for (const BindMount& volume : in.mounts)
    list.push_back(bind_mount(volume.destination, volume.source, volume.read_only));
  return list;
}

}  // namespace drydock::runtime
