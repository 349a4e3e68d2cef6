#include <nlohmann/json.hpp>

#include "api/operation.h"

namespace drydock::api {
namespace {

using control::Caller;
using control::Control;

// What could not be recorded must not run on.
void take_back(Control& c, const Json& output) {
  const Json& service = output["service"];
  const std::string arn = json_string(service, "serviceArn");
  if (const auto parsed = control::parse_ecs_arn(arn))
    (void)c.services.remove(
        {parsed->region, parsed->account, {}},
        {{"cluster", service["clusterArn"]}, {"service", arn}, {"force", true}});
}

}  // namespace

std::vector<Operation> service_operations() {
  return {
      {"CreateService",
       "cluster: str, serviceName*: str, taskDefinition: str, availabilityZoneRebalancing: enum, "
       "loadBalancers: [LoadBalancer], serviceRegistries: [ServiceRegistry], desiredCount: int, "
       "clientToken: str, launchType: enum LaunchType, "
       "capacityProviderStrategy: [CapacityProviderStrategyItem], platformVersion: str, role: str, "
       "deploymentConfiguration: DeploymentConfiguration, "
       "placementConstraints: [PlacementConstraint], placementStrategy: [PlacementStrategy], "
       "networkConfiguration: NetworkConfiguration, healthCheckGracePeriodSeconds: int, "
       "schedulingStrategy: enum, deploymentController: DeploymentController, tags: [Tag], "
       "enableECSManagedTags: bool, propagateTags: enum, enableExecuteCommand: bool, "
       "serviceConnectConfiguration: ServiceConnectConfiguration, "
       "volumeConfigurations: [ServiceVolumeConfiguration], "
       "vpcLatticeConfigurations: [VpcLatticeConfiguration]",
       true,
       [](Control& c, const Caller& who, const Json& in) { return c.services.create(who, in); },
       take_back},
      {"UpdateService",
       "cluster: str, service*: str, desiredCount: int, taskDefinition: str, "
       "capacityProviderStrategy: [CapacityProviderStrategyItem], "
       "deploymentConfiguration: DeploymentConfiguration, availabilityZoneRebalancing: enum, "
       "networkConfiguration: NetworkConfiguration, placementConstraints: [PlacementConstraint], "
       "placementStrategy: [PlacementStrategy], platformVersion: str, forceNewDeployment: bool, "
       "healthCheckGracePeriodSeconds: int, deploymentController: DeploymentController, "
       "enableExecuteCommand: bool, enableECSManagedTags: bool, loadBalancers: [LoadBalancer], "
       "propagateTags: enum, serviceRegistries: [ServiceRegistry], "
       "serviceConnectConfiguration: ServiceConnectConfiguration, "
       "volumeConfigurations: [ServiceVolumeConfiguration], "
       "vpcLatticeConfigurations: [VpcLatticeConfiguration]",
       true,
       [](Control& c, const Caller& who, const Json& in) { return c.services.update(who, in); }},
      {"DeleteService", "cluster: str, service*: str, force: bool", true,
       [](Control& c, const Caller& who, const Json& in) { return c.services.remove(who, in); }},
      {"DescribeServices", "cluster: str, services: [str], include: [enum ServiceField]", false,
       [](Control& c, const Caller& who, const Json& in) { return c.services.describe(who, in); }},
      {"ListServices",
       "cluster: str, nextToken: str, maxResults: int, launchType: enum LaunchType, "
       "schedulingStrategy: enum, resourceManagementType: enum",
       false,
       [](Control& c, const Caller& who, const Json& in) {
         return page_output("serviceArns", c.services.list(who, in, page_request(in)));
       }},
      {"ListServiceDeployments",
       "service*: str, cluster: str, status: [enum], createdAt: CreatedAt, nextToken: str, "
       "maxResults: int",
       false,
       [](Control& c, const Caller& who, const Json& in) {
         return c.services.list_deployments(who, in, page_request(in));
       }},
      {"DescribeServiceDeployments", "serviceDeploymentArns*: [str]", false,
       [](Control& c, const Caller& who, const Json& in) {
         return c.services.describe_deployments(who, in);
       }},
      {"DescribeServiceRevisions", "serviceRevisionArns*: [str]", false,
       [](Control& c, const Caller& who, const Json& in) {
         return c.services.describe_revisions(who, in);
       }},
      {"ListServicesByNamespace", "namespace*: str, nextToken: str, maxResults: int", false,
       [](Control& c, const Caller& who, const Json& in) {
         return page_output("serviceArns", c.services.list_by_namespace(who, in, page_request(in)));
       }},
      {"ContinueServiceDeployment", "serviceDeploymentArn*: str, hookId*: str, action: enum", false,
       [](Control& c, const Caller& who, const Json& in) {
         return c.services.continue_deployment(who, in);
       }},
      {"StopServiceDeployment", "serviceDeploymentArn*: str, stopType: enum", true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.services.stop_deployment(who, in);
       }},
  };
}

}  // namespace drydock::api
