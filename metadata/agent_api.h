#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/http/message.h"
#include "base/json.h"
#include "metadata/task_faults.h"
#include "runtime/task_view.h"

// $ECS_AGENT_URI: what a container may ask of the agent about its own task (metadata.md 12, 13).
namespace drydock::metadata {

// The ECS API's answer to GetTaskProtection or UpdateTaskProtection.
struct EcsAnswer {
  int status = 200;
  std::string output;         // with status 200: JSON
  std::string code, message;  // else
  std::string request_id;
};
// Calls an operation with its input as the API has it; nullopt when there is no answer within the
// agent's 4 seconds. Called on a door's worker.
using EcsCall =
    std::function<std::optional<EcsAnswer>(const std::string& operation, const Json& input)>;

struct AgentApi {
  EcsCall ecs;
  std::shared_ptr<TaskFaults> faults;
};

// `path` holds the elements after "api"; `task` is null when its first one belongs to no container
// of the task.
http::Response agent_route(const http::Request& request, const std::vector<std::string>& path,
                           const runtime::TaskView* task, const AgentApi& agent);
// Whether a request reaches the fault routes, which have a second limit of requests.
bool is_fault_call(const http::Request& request, const std::vector<std::string>& path);

// The routes behind agent_route().
http::Response protection_route(const http::Request& request, const runtime::TaskView* task,
                                const EcsCall& ecs);
http::Response fault_route(const http::Request& request, const std::vector<std::string>& path,
                           const runtime::TaskView* task, const AgentApi& agent);

}  // namespace drydock::metadata
