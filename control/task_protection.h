#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "control/tasks.h"

namespace drydock::control {

// Which tasks of services are protected from scale-in and deployments, and until when (api.md 4.6).
// A container reaches the same state at its agent's endpoint. Loop thread only.
class TaskProtection {
 public:
  TaskProtection(Store& store, const Clusters& clusters, const Tasks& tasks)
      : store_(store), clusters_(clusters), tasks_(tasks) {}
  Status restore();

  // GetTaskProtection and UpdateTaskProtection: {protectedTasks, failures}.
  Answer<Json> get(const Caller& caller, const Json& request) const;
  Answer<Json> update(const Caller& caller, const Json& request);

  // Whether a task is protected now; by its id.
  bool is_protected(const std::string& task_id) const;
  // And until when.
  std::optional<Time> until(const std::string& task_id) const;
  // `fn` is told of each task whose protection a request changed; one listener, for good.
  void on_change(std::function<void(const std::string& task_id)> fn) { changed_ = std::move(fn); }
  void forget_all();  // reset: memory only

 private:
  Json shown(const std::string& task_id, const std::string& arn) const;
  void drop_what_ended();

  Store& store_;
  const Clusters& clusters_;
  const Tasks& tasks_;
  std::function<void(const std::string&)> changed_;
  std::map<std::string, Time> until_;  // by task id; some may have passed
};

}  // namespace drydock::control
