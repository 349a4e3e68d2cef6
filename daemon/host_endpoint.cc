#include "daemon/host_endpoint.h"

#include <sys/stat.h>

#include <algorithm>
#include <string_view>

#include "base/files.h"
#include "base/logging.h"
#include "metadata/routes.h"

namespace drydock::daemon {

std::optional<netns::HostGroup> containers_group(const runtime::Cgroups& cgroups) {
  constexpr std::string_view kRoot = "/sys/fs/cgroup";
  constexpr ino_t kFirstNamespace = 0xeffffffb;  // PROC_CGROUP_INIT_INO
  const std::string& unified = cgroups.mounts().unified;
  struct stat st {};
  // In another namespace the kernel counts more levels than are to be seen.
  if (unified.rfind(kRoot, 0) != 0 || ::stat("/proc/self/ns/cgroup", &st) != 0 ||
      st.st_ino != kFirstNamespace)
    return std::nullopt;
  const std::string tasks = cgroups.task_path("");
  const std::string group = tasks.substr(0, tasks.size() - 1);  // "/drydock-0badcafe/ecs"
  if (!make_dirs(unified + group)) return std::nullopt;
  netns::HostGroup found;
  found.path = (unified + group).substr(kRoot.size() + 1);
  found.level = static_cast<int>(std::count(group.begin(), group.end(), '/'));
  return found;
}

HostEndpoint::HostEndpoint(Options options, netns::Network& network, http::Door& door,
                           const runtime::PublishedWorld& world)
    : options_(std::move(options)),
      network_(network),
      door_(door),
      tasks_(std::make_shared<metadata::HostTasks>(
          world, metadata::metadata_handler(world, "", metadata::Sources{}))) {}

Status HostEndpoint::enter(const std::string& task_id) {
  if (!options_.allowed)
    return fail(
        Errc::kUnsupported,
        "network mode host is not allowed here (tasks.host_network is false in the daemon's "
        "configuration)");
  if (!options_.group)
    return fail(Errc::kUnsupported,
                "network mode host needs control groups of version 2 at /sys/fs/cgroup (alone, or "
                "beside version 1), of which the daemon sees the whole tree: without them its own "
                "API could not be kept from such a task");
  const std::lock_guard lock(mutex_);
  if (ended_) return fail(Errc::kBusy, "the daemon is ending");
  if (inside_.empty()) {
    DRYDOCK_LET(UniqueFd listener, network_.open_host_door(*options_.group));
    http::Surface surface;
    surface.handler = [tasks = tasks_](const http::Request& request) {
      return tasks->answer(request);
    };
    surface.limits = metadata::metadata_limits();
    opened_ = door_.open(std::move(listener), std::move(surface));
  }
  inside_.insert(task_id);
  return {};
}

void HostEndpoint::leave(const std::string& task_id) {
  const std::lock_guard lock(mutex_);
  if (inside_.erase(task_id) == 0 || !inside_.empty()) return;
  if (!ended_) door_.close(opened_);
  if (auto closed = network_.close_host_door(); !closed)
    log::warn("network mode host: " + closed.error().message);
}

void HostEndpoint::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
}

}  // namespace drydock::daemon
