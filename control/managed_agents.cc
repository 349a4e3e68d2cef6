#include "control/managed_agents.h"

#include <nlohmann/json.hpp>

namespace drydock::control {

using runtime::ContainerStatus;

std::string exec_agent_status(const TaskRecord& record,
                              const taskdef::ContainerDefinition& container,
                              const runtime::ContainerView* view) {
  if (!json_bool(*record.fixed, "enableExecuteCommand")) return {};
  if (!view || view->known < ContainerStatus::kRunning) return "PENDING";
  if (view->known == ContainerStatus::kStopped || container.readonly_root_filesystem)
    return "STOPPED";
  return "RUNNING";
}

Json managed_agents(const TaskRecord& record, const taskdef::ContainerDefinition& container,
                    const runtime::ContainerView* view) {
  Json list = Json::array();
  const std::string status = exec_agent_status(record, container, view);
  if (status.empty()) return list;
  Json agent = Json::object();
  if (status != "PENDING" && view->started_at && !container.readonly_root_filesystem)
    agent["lastStartedAt"] = epoch_seconds(*view->started_at);
  agent["name"] = "ExecuteCommandAgent";
  if (status == "STOPPED" && container.readonly_root_filesystem)
    agent["reason"] = "The agent needs a root file system that is not read-only";
  agent["lastStatus"] = status;
  list.push_back(std::move(agent));
  return list;
}

}  // namespace drydock::control
