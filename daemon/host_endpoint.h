#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/http/door.h"
#include "metadata/host_routes.h"
#include "netns/network.h"
#include "runtime/cgroup.h"

namespace drydock::daemon {

// The control group that all containers are in and nobody else, as the kernel tells processes by
// it; none where that is not to be had.
std::optional<netns::HostGroup> containers_group(const runtime::Cgroups& cgroups);

// The metadata endpoint of tasks in this machine's own network. There while such a task is.
// Thread-safe.
class HostEndpoint {
 public:
  struct Options {
    bool allowed = true;                    // tasks.host_network
    std::optional<netns::HostGroup> group;  // none: their processes cannot be told from others
  };
  HostEndpoint(Options options, netns::Network& network, http::Door& door,
               const runtime::PublishedWorld& world);

  // A task enters this machine's network; kUnsupported says why it cannot. May block.
  Status enter(const std::string& task_id);
  // The last one closes everything. May block.
  void leave(const std::string& task_id);
  // Answers for it with its metadata_handler(), until it is forgotten.
  void serve(const std::string& task_id, http::Handler handler) {
    tasks_->add(task_id, std::move(handler));
  }
  void forget(const std::string& task_id) { tasks_->remove(task_id); }
  // The door goes: nothing is opened or closed there any more.
  void end();

 private:
  Options options_;
  netns::Network& network_;
  http::Door& door_;
  std::shared_ptr<metadata::HostTasks> tasks_;
  std::mutex mutex_;
  std::set<std::string> inside_;
  int opened_ = -1;
  bool ended_ = false;
};

}  // namespace drydock::daemon
