#include <strings.h>

#include <nlohmann/json.hpp>

#include "metadata/agent_api.h"
#include "metadata/answers.h"

namespace drydock::metadata {
namespace {

using runtime::TaskView;

http::Response refusal(int status, const std::string& arn, const std::string& code,
                       const std::string& message, const std::string& request_id = {}) {
  Json body;
  if (!request_id.empty()) body["requestID"] = request_id;
  Json& error = body["error"];
  if (!arn.empty()) error["Arn"] = arn;
  error["Code"] = code;
  error["Message"] = message;
  return json_answer(status, body);
}

struct Wanted {
  bool readable = false;
  std::optional<bool> enabled;
  std::optional<std::int64_t> minutes;
};

// The body of a PUT; members match whatever their case, others are refused.
Wanted read_wanted(const std::string& body) {
  const auto json = parse_json(body);
  if (!json || !json->is_object()) return {};
  Wanted out;
  for (const auto& [key, value] : json->items()) {
    const bool enabled = ::strcasecmp(key.c_str(), "ProtectionEnabled") == 0;
    const bool minutes = ::strcasecmp(key.c_str(), "ExpiresInMinutes") == 0;
    const bool fits = value.is_null() || (enabled && value.is_boolean()) ||
                      (minutes && value.is_number_integer());
    if (!fits || (!enabled && !minutes)) return {};
    if (value.is_null()) continue;
    if (enabled) out.enabled = value.get<bool>();
    if (minutes) out.minutes = value.get<std::int64_t>();
  }
  out.readable = true;
  return out;
}

// The API's protectedTask in the words of this endpoint.
Json protection(const Json& task) {
  Json out;
  out["ExpirationDate"] = nullptr;
  if (const Json* until = json_find(task, "expirationDate"); until && until->is_number()) {
    const std::chrono::duration<double> since_epoch(until->get<double>());
    const Time time(std::chrono::duration_cast<Time::duration>(since_epoch));
    out["ExpirationDate"] = rfc3339_short(std::chrono::round<std::chrono::milliseconds>(time));
  }
  out["ProtectionEnabled"] = json_bool(task, "protectionEnabled");
  out["TaskArn"] = json_string(task, "taskArn");
  return Json{{"protection", std::move(out)}};
}

http::Response told(const std::string& arn, const EcsAnswer& answer) {
  if (answer.status != 200)
    return refusal(answer.status, arn, answer.code, answer.message, answer.request_id);
  const auto output = parse_json(answer.output);
  const Json* failures = output ? json_find(*output, "failures") : nullptr;
  const Json* tasks = output ? json_find(*output, "protectedTasks") : nullptr;
  const std::size_t failed = failures != nullptr ? failures->size() : 0;
  const std::size_t shown = tasks != nullptr ? tasks->size() : 0;
  if (failed == 1) {
    const Json& one = failures->front();
    Json failure;
    failure["Arn"] = json_string(one, "arn");
    failure["Detail"] = json_find(one, "detail") ? Json(json_string(one, "detail")) : Json();
    failure["Reason"] = json_string(one, "reason");
    return json_answer(200, Json{{"failure", std::move(failure)}});
  }
  if (failed != 0 || shown != 1)
    return refusal(500, arn, "ServerException", "Unexpected error occurred", answer.request_id);
  return json_answer(200, protection(tasks->front()));
}

}  // namespace

http::Response protection_route(const http::Request& request, const TaskView* task,
                                const EcsCall& ecs) {
  const bool put = request.method == "PUT";
  const Wanted wanted = put ? read_wanted(request.body) : Wanted{true, {}, {}};
  if (!wanted.readable)
    return refusal(400, "", "InvalidParameterException",
                   "UpdateTaskProtection: failed to decode request");
  if (task == nullptr)
    return refusal(404, "", "ResourceNotFoundException", "Failed to find a task for the request");
  const auto& arn = task->spec->task_arn;
  if (put && !wanted.enabled)
    return refusal(400, arn, "InvalidParameterException",
                   "Invalid request: does not contain 'ProtectionEnabled' field");
  if (task->spec->credentials_id.empty() || !ecs)
    return refusal(403, arn, "AccessDeniedException",
                   "Invalid Request: no task IAM role credentials available for task");
  Json input = {{"cluster", task->spec->cluster_arn}, {"tasks", Json::array({arn})}};
  if (put) input["protectionEnabled"] = *wanted.enabled;
  if (wanted.minutes) input["expiresInMinutes"] = *wanted.minutes;
  const auto answer = ecs(put ? "UpdateTaskProtection" : "GetTaskProtection", input);
  if (!answer)
    return refusal(504, arn, "RequestCanceled", "Timed out calling ECS Task Protection API");
  return told(arn, *answer);
}

}  // namespace drydock::metadata
