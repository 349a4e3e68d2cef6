#include <strings.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "metadata/answers.h"
#include "metadata/task_routes.h"

namespace drydock::metadata {
namespace {

using runtime::TaskView;

constexpr std::array kFaults = {"network-blackhole-port", "network-latency", "network-packet-loss"};
constexpr std::array kFaultVerbs = {"start", "stop", "status"};

template <class List>
bool one_of(const std::string& word, const List& list) {
  return std::any_of(list.begin(), list.end(), [&](const char* one) { return word == one; });
}

http::Response protection_error(int status, const std::string& arn, const std::string& code,
                                const std::string& message) {
  Json error;
  if (!arn.empty()) error["Arn"] = arn;
  error["Code"] = code;
  error["Message"] = message;
  return json_answer(status, Json{{"error", std::move(error)}});
}

// The body of a PUT; members match whatever their case, others are refused (metadata.md 12).
struct Protection {
  bool readable = false;
  bool has_enabled = false;
};

Protection read_protection(const std::string& body) {
  const auto json = parse_json(body);
  if (!json || !json->is_object()) return {};
  Protection out{true, false};
  for (const auto& [key, value] : json->items()) {
    const bool enabled = ::strcasecmp(key.c_str(), "ProtectionEnabled") == 0;
    const bool minutes = ::strcasecmp(key.c_str(), "ExpiresInMinutes") == 0;
    const bool fits = value.is_null() || (enabled && value.is_boolean()) ||
                      (minutes && value.is_number_integer());
    if (!fits || (!enabled && !minutes)) return {};
    out.has_enabled = out.has_enabled || (enabled && !value.is_null());
  }
  return out;
}

http::Response protection_route(const http::Request& request, const TaskView* task) {
  const bool put = request.method == "PUT";
  if (!put && request.method != "GET") return {405, {}, {}, {}};
  const auto body = put ? read_protection(request.body) : Protection{true, true};
  if (!body.readable)
    return protection_error(400, "", "InvalidParameterException",
                            "UpdateTaskProtection: failed to decode request");
  if (task == nullptr)
    return protection_error(404, "", "ResourceNotFoundException",
                            "Failed to find a task for the request");
  const auto& arn = task->spec->task_arn;
  if (!body.has_enabled)
    return protection_error(400, arn, "InvalidParameterException",
                            "Invalid request: does not contain 'ProtectionEnabled' field");
  return protection_error(403, arn, "AccessDeniedException",
                          "Invalid Request: no task IAM role credentials available for task");
}

http::Response fault_route(const http::Request& request, const Path& path, const TaskView* task) {
  if (request.method != "POST") return {405, {}, {}, {}};
  const auto error = [](int status, const std::string& text) {
    return json_answer(status, Json{{"Error", text}});
  };
  if (task == nullptr)
    return error(
        404, "unable to get task arn from request: unable to get task Arn from v3 endpoint ID: " +
                 path[0]);
  if (!task->spec->definition.fault_injection)
    return error(400, "enableFaultInjection is not enabled for task: " + task->spec->task_arn);
  return error(500, path[4] + " " + path[3] +
                        ": fault injection is not available in this version of drydock");
}

}  // namespace

http::Response agent_route(const http::Request& request, const Path& path, const TaskView* task) {
  const auto* const known =
      task != nullptr && container_by_id(*task, path.empty() ? std::string() : path[0]) != nullptr
          ? task
          : nullptr;
  if (path.size() == 4 && path[1] == "task-protection" && path[2] == "v1" && path[3] == "state")
    return protection_route(request, known);
  if (path.size() == 5 && path[1] == "fault" && path[2] == "v1" && one_of(path[3], kFaults) &&
      one_of(path[4], kFaultVerbs))
    return fault_route(request, path, known);
  return not_found();
}

}  // namespace drydock::metadata
