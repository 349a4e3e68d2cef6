#include <algorithm>
#include <nlohmann/json.hpp>

#include "taskdef/rules.h"

// What Fargate has no place for.
namespace drydock::taskdef::rules {

void fargate_task_bans(Subject& s) {
  if (!s.fargate) return;
  const Node pid = s.task["pidMode"];
  if (pid.text() == "host") s.add(pid, std::string(text::kFargatePid));
  const Node ipc = s.task["ipcMode"];
  if (ipc.filled()) s.add(ipc, fill(text::kFargateBan, {"ipcMode"}));
  const Node placement = s.task["placementConstraints"];
  if (placement.filled()) s.add(placement, fill(text::kFargateBan, {"constraints"}));
  for (const Node& volume : s.task["volumes"].items()) {
    const Node source = volume["host"]["sourcePath"];
    if (source.filled()) s.add(source, fill(text::kFargateBan, {"sourcePath"}));
    for (std::string_view kind :
         {"dockerVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration"})
      if (volume[kind]) s.add(volume[kind], fill(text::kFargateBan, {kind}));
  }
  const Node os = s.task["runtimePlatform"]["operatingSystemFamily"];
  for (std::string_view old : {"_2016_", "_2004_", "_20H2_"})
    if (os.text().find(old) != std::string::npos)
      s.add(os, fill(text::kTaskSetting,
                     {"operatingSystemFamily", "Fargate does not offer " + os.text()}));
}

namespace {

void linux_parameters(Subject& s, const Node& linux_parameters) {
  for (const Node& capability : linux_parameters["capabilities"]["add"].items())
    if (capability.text() != "SYS_PTRACE")
      s.add(capability, fill(text::kFargateCapability, {capability.text()}));
  if (linux_parameters["devices"].filled())
    s.add(linux_parameters["devices"], fill(text::kFargateBan, {"devices"}));
  if (linux_parameters["sharedMemorySize"].number() > 0)
    s.add(linux_parameters["sharedMemorySize"], fill(text::kFargateBan, {"sharedMemorySize"}));
  for (std::string_view member : {"maxSwap", "swappiness"})
    if (linux_parameters[member])
      s.add(linux_parameters[member], fill(text::kFargateBan, {member}));
}

}  // namespace

void fargate_container_bans(Subject& s) {
  if (!s.fargate) return;
  for (const Node& container : s.containers) {
    const Node privileged = container["privileged"];
    if (privileged.flag()) s.add(privileged, std::string(text::kPrivileged));
    const Node security = container["dockerSecurityOptions"];
    if (security.filled()) s.add(security, fill(text::kFargateBan, {"dockerSecurityOptions"}));
    for (const Node& resource : container["resourceRequirements"].items())
      s.add(resource, fill(text::kFargateResource, {resource["type"].text()}));
    linux_parameters(s, container["linuxParameters"]);
    const Node stop = container["stopTimeout"];
    if (stop.number() > 120) s.add(stop, std::string(text::kTimeoutHigh));
  }
}

}  // namespace drydock::taskdef::rules
