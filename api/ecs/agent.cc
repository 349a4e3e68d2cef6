#include <nlohmann/json.hpp>

#include "api/operation.h"

// What container agents call (api.md, part 9): answered so that one which talks to this endpoint
// goes on; nothing here acts on what they report.
namespace drydock::api {
namespace {

using control::Answer;
using control::Caller;
using control::Control;

Answer<Json> acknowledged(Control&, const Caller&, const Json&) {
  return Json{{"acknowledgment", "ok"}};
}

Answer<Json> poll_endpoint(Control&, const Caller& who, const Json&) {
  const std::string here = "http://" + (who.endpoint.empty() ? "localhost" : who.endpoint) + "/";
  return Json{{"endpoint", here}, {"telemetryEndpoint", here}, {"serviceConnectEndpoint", here}};
}

}  // namespace

std::vector<Operation> agent_operations() {
  return {
      {"DiscoverPollEndpoint", "containerInstance: str, cluster: str", false, poll_endpoint},
      {"SubmitTaskStateChange",
       "cluster: str, task: str, status: str, reason: str, containers: [ContainerStateChange], "
       "attachments: [AttachmentStateChange], managedAgents: [ManagedAgentStateChange], "
       "pullStartedAt: time, pullStoppedAt: time, executionStoppedAt: time",
       false, acknowledged},
      {"SubmitContainerStateChange",
       "cluster: str, task: str, containerName: str, runtimeId: str, status: str, exitCode: int, "
       "reason: str, networkBindings: [NetworkBinding]",
       false, acknowledged},
      {"SubmitAttachmentStateChanges", "cluster: str, attachments*: [AttachmentStateChange]", false,
       acknowledged},
      {"UpdateContainerAgent", "cluster: str, containerInstance*: str", false,
       [](Control&, const Caller&, const Json&) -> Answer<Json> {
         return control::refuse("NoUpdateAvailableException",
                                "There is no update available for this container agent.");
       }},
  };
}

}  // namespace drydock::api
