#include <nlohmann/json.hpp>

#include "api/operation.h"
#include "control/instances/instances.h"

namespace drydock::api {
namespace {

using control::Caller;
using control::Control;

}  // namespace

std::vector<Operation> container_instance_operations() {
  return {
      {"RegisterContainerInstance",
       "cluster: str, instanceIdentityDocument: str, instanceIdentityDocumentSignature: str, "
       "totalResources: [Resource], versionInfo: VersionInfo, containerInstanceArn: str, "
       "attributes: [Attribute], platformDevices: [PlatformDevice], tags: [Tag]",
       true,
       [](Control& c, const Caller& who, const Json& in) { return c.instances->enrol(who, in); }},
      {"DeregisterContainerInstance", "cluster: str, containerInstance*: str, force: bool", true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.instances->deregister(who, in);
       }},
      {"DescribeContainerInstances",
       "cluster: str, containerInstances: [str], include: [enum ContainerInstanceField]", false,
       [](Control& c, const Caller& who, const Json& in) {
         return c.instances->describe(who, in);
       }},
      {"ListContainerInstances",
       "cluster: str, filter: str, nextToken: str, maxResults: int, status: enum", false,
       [](Control& c, const Caller& who, const Json& in) {
         return page_output("containerInstanceArns", c.instances->list(who, in, page_request(in)));
       }},
      {"UpdateContainerInstancesState",
       "cluster: str, containerInstances: [str], status*: enum ContainerInstanceStatus", true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.instances->update_state(who, in);
       }},
      {"StartTask",
       "cluster: str, containerInstances: [str], enableECSManagedTags: bool, "
       "enableExecuteCommand: bool, group: str, networkConfiguration: NetworkConfiguration, "
       "overrides: override, propagateTags: enum PropagateTags, referenceId: str, startedBy: str, "
       "tags: [Tag], taskDefinition*: str, volumeConfigurations: [TaskVolumeConfiguration]",
       true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.instances->start_task(who, in);
       },
       stop_begun},
  };
}

}  // namespace drydock::api
