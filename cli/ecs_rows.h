#pragma once
#include <string>
#include <vector>

#include "base/json.h"

namespace drydock::cli {

// The rows of ecs-cli's `ps`, with their header: Name, State, Ports, TaskDefinition, Health of each
// container. Pure.
std::vector<std::vector<std::string>> ecs_rows(const std::vector<Json>& tasks);

// Which tasks are meant; empty texts mean all.
struct EcsFilter {
  std::string cluster;
  std::string family;
  std::string service;            // only its tasks
  bool outside_services = false;  // only tasks of none
  std::string desired_status;     // RUNNING or STOPPED
};
std::vector<Json> ecs_tasks(const Json& tasks, const EcsFilter& filter);

// The containers' names of a task, as ecs-cli calls them: "cluster/task id/name".
std::vector<std::string> ecs_names(const Json& task);

}  // namespace drydock::cli
