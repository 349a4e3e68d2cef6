#include <nlohmann/json.hpp>

#include "api/operation.h"

namespace drydock::api {
namespace {
using control::Caller;
using control::Control;
}  // namespace

std::vector<Operation> capacity_provider_operations() {
  return {
      {"CreateCapacityProvider",
       "name*: str, cluster: str, autoScalingGroupProvider: AutoScalingGroupProvider, "
       "managedInstancesProvider: any, tags: [Tag]",
       true,
       [](Control& c, const Caller& who, const Json& in) { return c.providers.create(who, in); }},
      {"UpdateCapacityProvider",
       "name*: str, cluster: str, autoScalingGroupProvider: AutoScalingGroupProviderUpdate, "
       "managedInstancesProvider: any",
       true,
       [](Control& c, const Caller& who, const Json& in) { return c.providers.update(who, in); }},
      {"DeleteCapacityProvider", "capacityProvider*: str, cluster: str", true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.providers.remove(who, in, [&](const std::string& name) {
           return c.clusters.user_of_provider(who, name);
         });
       }},
      {"DescribeCapacityProviders",
       "capacityProviders: [str], cluster: str, include: [enum CapacityProviderField], maxResults: "
       "int, nextToken: str",
       false,
       [](Control& c, const Caller& who, const Json& in) {
         return c.providers.describe(who, in, page_request(in));
       }},
  };
}

}  // namespace drydock::api
