#include "control/placement.h"

#include <nlohmann/json.hpp>

namespace drydock::control {
namespace {

bool is_unconfined(const taskdef::ContainerDefinition& c) {
  for (const std::string& option : c.docker_security_options)
    if (option == "seccomp=unconfined" || option == "seccomp:unconfined") return true;
  return false;
}

}  // namespace

Json not_placed(const taskdef::TaskDefinition& task, bool privileged_allowed) {
  for (const taskdef::ContainerDefinition& c : task.containers)
    if (!privileged_allowed && (c.privileged || is_unconfined(c)))
      return {
          {"reason", "ATTRIBUTE"},
          {"detail",
           "com.amazonaws.ecs.capability.privileged-container: container '" + c.name +
               "' asks for " +
               (c.privileged ? "privileged" : "dockerSecurityOptions seccomp=unconfined") +
               ", which makes it root on this machine. To allow that, set tasks.privileged to true "
               "in the daemon's configuration"}};
  return nullptr;
}

}  // namespace drydock::control
