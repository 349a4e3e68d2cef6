#include <algorithm>
#include <array>

#include "metadata/agent_api.h"
#include "metadata/answers.h"
#include "metadata/documents.h"

namespace drydock::metadata {
namespace {

using Path = std::vector<std::string>;

constexpr std::array kFaults = {"network-blackhole-port", "network-latency", "network-packet-loss"};
constexpr std::array kFaultVerbs = {"start", "stop", "status"};

template <class List>
bool one_of(const std::string& word, const List& list) {
  return std::any_of(list.begin(), list.end(), [&](const char* one) { return word == one; });
}

bool is_fault_path(const Path& path) {
  return path.size() == 5 && path[1] == "fault" && path[2] == "v1" && one_of(path[3], kFaults) &&
         one_of(path[4], kFaultVerbs);
}

http::Response wrong_method() {
  http::Response response;
  response.status = 405;
  return response;
}

}  // namespace

bool is_fault_call(const http::Request& request, const Path& path) {
  return request.method == "POST" && is_fault_path(path);
}

http::Response agent_route(const http::Request& request, const Path& path,
                           const runtime::TaskView* task, const AgentApi& agent) {
  const auto* const known =
      task != nullptr && container_by_id(*task, path.empty() ? std::string() : path[0]) != nullptr
          ? task
          : nullptr;
  if (path.size() == 4 && path[1] == "task-protection" && path[2] == "v1" && path[3] == "state") {
    if (request.method != "GET" && request.method != "PUT") return wrong_method();
    return protection_route(request, known, agent.ecs);
  }
  if (!is_fault_path(path)) return not_found();
  if (request.method != "POST") return wrong_method();
  return fault_route(request, path, known, agent);
}

}  // namespace drydock::metadata
