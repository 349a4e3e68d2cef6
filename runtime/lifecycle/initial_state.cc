#include "runtime/lifecycle/router_order.h"
#include "runtime/lifecycle/step.h"

// A task's beginning: what its definition says, in the terms of the decisions.
namespace drydock::runtime::lifecycle {
namespace {

using std::chrono::seconds;

Wait wait_of(taskdef::Condition condition) {
  switch (condition) {
    case taskdef::Condition::kStart:
      return Wait::kStart;
    case taskdef::Condition::kComplete:
      return Wait::kComplete;
    case taskdef::Condition::kSuccess:
      return Wait::kSuccess;
    case taskdef::Condition::kHealthy:
      return Wait::kHealthy;
  }
  return Wait::kStart;
}

}  // namespace

TaskState initial_state(const taskdef::TaskDefinition& definition, bool early_health) {
  TaskState state;
  state.early_health = early_health;
  if (definition.network_mode != "awsvpc") state.last_status = TaskStatus::kPending;
  auto index_of = [&](const std::string& name) {
    for (std::size_t i = 0; i < definition.containers.size(); ++i)
      if (definition.containers[i].name == name) return i;
    return definition.containers.size();
  };
  for (const taskdef::ContainerDefinition& c : definition.containers) {
    ContainerState one;
    one.rules.name = c.name;
    one.rules.essential = c.essential;
    for (const taskdef::Dependency& d : c.depends_on)
      if (const auto at = index_of(d.container); at < definition.containers.size())
        one.rules.depends_on.push_back({at, wait_of(d.condition)});
    for (const taskdef::VolumeFrom& v : c.volumes_from)
      if (const auto at = index_of(v.source_container); at < definition.containers.size())
        one.rules.depends_on.push_back({at, Wait::kCreate});
    for (const std::string& link : c.links)
      if (const auto at = index_of(link.substr(0, link.find(':')));
          at < definition.containers.size())
        one.rules.depends_on.push_back({at, Wait::kStart});
    if (c.start_timeout) one.rules.start_timeout = seconds(*c.start_timeout);
    if (c.stop_timeout) one.rules.stop_timeout = seconds(*c.stop_timeout);
    if (c.health_check && !c.health_check->command.empty() && c.health_check->command[0] != "NONE")
      one.rules.health = c.health_check;
    one.rules.restart = c.restart_policy;
    state.containers.push_back(std::move(one));
  }
  add_router_dependencies(definition, state);
  return state;
}

}  // namespace drydock::runtime::lifecycle
