#pragma once
#include <memory>
#include <string>
#include <vector>

#include "control/account_settings.h"
#include "control/clusters.h"
#include "control/events/events.h"
#include "control/events/rules/rules.h"
#include "control/execute_command.h"
#include "control/log_groups.h"
#include "control/services/services.h"
#include "control/store.h"
#include "control/task_definitions.h"
#include "control/task_protection.h"
#include "control/tasks.h"

namespace drydock::control {

class Instances;

// The control plane: every kind of document and the store behind them. Made and used on the loop's
// thread.
struct Control {
  Control(Loop& loop, Store& state, TasksOptions options, LogGroupsOptions log_options = {},
          ServicesOptions service_options = {});
  ~Control();

  // Reads the store; the views are for Engine::adopt, stopped tasks among them.
  Result<std::vector<std::shared_ptr<const runtime::TaskView>>> restore();
  // Forgets every document, in memory and in the store (reset, decision 22). The caller has stopped
  // the tasks.
  void forget_all();

  // TagResource, UntagResource, ListTagsForResource: whatever kind of resource the ARN names
  // (api.md 3.8).
  Answer<Json> tags(const std::string& arn) const;
  Answer<bool> tag(const std::string& arn, const Json& add, const std::vector<std::string>& remove);

  Store& store;
  AccountSettings settings;
  CapacityProviders providers;
  Clusters clusters;
  TaskDefinitions definitions;
  LogGroups logs;
  Tasks tasks;
  ExecuteCommand exec;
  TaskProtection protection;
  Services services;
  std::unique_ptr<Instances> instances;
  Events events;
  Rules rules;
};

}  // namespace drydock::control
