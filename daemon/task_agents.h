#pragma once
#include <map>
#include <set>
#include <string>

#include "base/http/door.h"
#include "base/loop.h"
#include "control/control.h"
#include "metadata/agent_api.h"
#include "runtime/engine/paths.h"
#include "runtime/task_view.h"

namespace drydock::daemon {

// What an agent would do for the containers of this machine: faults in the network of their tasks,
// calls of the ECS API in their tasks' names, and for tasks of launch type EC2 its introspection
// API and their metadata files. Loop thread.
class TaskAgents {
 public:
  struct Options {
    runtime::Paths paths;
    bool metadata_files = false;
  };
  // All of it outlives this and what it makes.
  TaskAgents(Loop& loop, control::Control& control, WorkerPool& workers, http::Door& door,
             Options options, const runtime::PublishedWorld& world)
      : loop_(loop),
        control_(control),
        workers_(workers),
        door_(door),
        options_(std::move(options)),
        world_(world) {}

  // For the endpoint of one task, whose network is ready. The faults that an earlier daemon began
  // go on.
  metadata::AgentApi agent_of(const std::string& task_id);
  void changed(const runtime::TaskView& task);
  void forget(const std::string& task_id);  // its network goes
  void end() { ended_ = true; }             // the door closes

 private:
  std::shared_ptr<const runtime::TaskView> view(const std::string& task_id) const;
  Status make_faults(const std::string& task_id, const netns::FaultPlan& plan) const;
  std::optional<metadata::EcsAnswer> call(const std::string& task_id, const std::string& operation,
                                          const Json& input) const;
  void open_introspection(const std::string& task_id);
  void opened(const std::string& task_id, Result<UniqueFd> listener);

  Loop& loop_;
  control::Control& control_;
  WorkerPool& workers_;
  http::Door& door_;
  const Options options_;
  const runtime::PublishedWorld& world_;
  std::map<std::string, std::vector<int>> introspection_;  // task id -> its doors
  std::set<std::string> written_;  // runtime ids of containers with a complete file
  bool ended_ = false;
};

}  // namespace drydock::daemon
