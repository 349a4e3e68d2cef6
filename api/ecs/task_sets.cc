#include <nlohmann/json.hpp>

#include "api/operation.h"

namespace drydock::api {
namespace {

using control::Caller;
using control::Control;

// What could not be recorded must not run on.
void take_back(Control& c, const Json& output) {
  const Json& set = output["taskSet"];
  if (const auto parsed = control::parse_ecs_arn(json_string(set, "taskSetArn")))
    (void)c.services.delete_task_set({parsed->region, parsed->account, {}},
                                     {{"cluster", set["clusterArn"]},
                                      {"service", set["serviceArn"]},
                                      {"taskSet", set["id"]},
                                      {"force", true}});
}

}  // namespace

std::vector<Operation> task_set_operations() {
  return {
      {"CreateTaskSet",
       "service*: str, cluster*: str, externalId: str, taskDefinition*: str, "
       "networkConfiguration: NetworkConfiguration, loadBalancers: [LoadBalancer], "
       "serviceRegistries: [ServiceRegistry], launchType: enum LaunchType, "
       "capacityProviderStrategy: [CapacityProviderStrategyItem], platformVersion: str, "
       "scale: Scale, clientToken: str, tags: [Tag]",
       true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.services.create_task_set(who, in);
       },
       take_back},
      {"UpdateTaskSet", "cluster*: str, service*: str, taskSet*: str, scale*: Scale", true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.services.update_task_set(who, in);
       }},
      {"DeleteTaskSet", "cluster*: str, service*: str, taskSet*: str, force: bool", true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.services.delete_task_set(who, in);
       }},
      {"DescribeTaskSets",
       "cluster*: str, service*: str, taskSets: [str], include: [enum TaskSetField]", false,
       [](Control& c, const Caller& who, const Json& in) {
         return c.services.describe_task_sets(who, in);
       }},
      {"UpdateServicePrimaryTaskSet", "cluster*: str, service*: str, primaryTaskSet*: str", true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.services.make_task_set_primary(who, in);
       }},
  };
}

}  // namespace drydock::api
