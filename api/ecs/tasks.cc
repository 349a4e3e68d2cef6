#include <nlohmann/json.hpp>

#include "api/operation.h"

namespace drydock::api {
namespace {

using control::Caller;
using control::Control;

}  // namespace

std::vector<Operation> task_operations() {
  return {
      {"RunTask",
       "capacityProviderStrategy: [CapacityProviderStrategyItem], cluster: str, count: int, "
       "enableECSManagedTags: bool, enableExecuteCommand: bool, group: str, launchType: enum "
       "LaunchType, "
       "networkConfiguration: NetworkConfiguration, overrides: override, "
       "placementConstraints: [PlacementConstraint], placementStrategy: [PlacementStrategy], "
       "platformVersion: str, propagateTags: enum PropagateTags, referenceId: str, startedBy: str, "
       "tags: [Tag], taskDefinition*: str, clientToken: str, "
       "volumeConfigurations: [TaskVolumeConfiguration]",
       true, [](Control& c, const Caller& who, const Json& in) { return c.tasks.run(who, in); },
       stop_begun},
      {"DescribeTasks", "cluster: str, tasks: [str], include: [enum TaskField]", false,
       [](Control& c, const Caller& who, const Json& in) { return c.tasks.describe(who, in); }},
      {"ListTasks",
       "cluster: str, containerInstance: str, family: str, nextToken: str, maxResults: int, "
       "startedBy: str, "
       "serviceName: str, desiredStatus: enum DesiredStatus, launchType: enum LaunchType, "
       "daemonName: str",
       false,
       [](Control& c, const Caller& who, const Json& in) -> control::Answer<Json> {
         if (json_find(in, "serviceName")) DRYDOCK_TRY(c.services.known(who, in));
         return page_output("taskArns", c.tasks.list(who, in, page_request(in)));
       }},
      {"ExecuteCommand",
       "cluster: str, container: str, command*: str, interactive*: bool, task*: str", false,
       [](Control& c, const Caller& who, const Json& in) { return c.exec.execute(who, in); }},
      {"StopTask", "cluster: str, task*: str, reason: str", true,
       [](Control& c, const Caller& who, const Json& in) { return c.tasks.stop(who, in); }},
      {"GetTaskProtection", "cluster*: str, tasks: [str]", false,
       [](Control& c, const Caller& who, const Json& in) { return c.protection.get(who, in); }},
      {"UpdateTaskProtection",
       "cluster*: str, tasks*: [str], protectionEnabled*: bool, expiresInMinutes: int", true,
       [](Control& c, const Caller& who, const Json& in) { return c.protection.update(who, in); }},
  };
}

}  // namespace drydock::api
