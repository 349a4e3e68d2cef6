#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/context.h"
#include "api/efs/efs.h"
#include "api/eventbridge/eventbridge.h"
#include "api/exec/open_channel.h"
#include "api/exec/websockets.h"
#include "api/local/routes.h"
#include "api/local/stream_loop.h"
#include "api/local/transfers.h"
#include "api/logs/journals.h"
#include "api/logs/reply.h"
#include "api/operation.h"
#include "api/other_services.h"
#include "api/perform.h"
#include "api/protocol.h"
#include "api/shapes.h"
#include "api/sts.h"
#include "api/upstream/upstream.h"
#include "api/vault/reply.h"
#include "base/logging.h"

namespace drydock::api {
namespace {

using control::Answer;
using control::ApiError;

constexpr std::string_view kLocalPrefix = "/_drydock/";
// What the fixtures of test suites post between two tests, by our name and by moto's.
constexpr std::string_view kResetPaths[] = {"/_drydock/reset", "/moto-api/reset"};

Answer<Json> unknown_or_unbuilt(const std::string& name) {
  const auto& all = modelled_operations();
  if (!std::binary_search(all.begin(), all.end(), name))
    return control::refuse("UnknownOperationException",
                           "There is no ECS operation '" + name.substr(0, 100) + "'.");
  // HTTP 400, never 5xx: SDKs would try again and again.
  return control::refuse("UnsupportedFeatureException",
                         "Drydock does not have the operation " + name + " yet.");
}

http::Response ecs_reply(const ApiContext& context, const http::Request& request) {
  const std::string name = operation_of(request.headers);
  const Operation* operation = find_operation(name);
  Answer<Json> answer = unknown_or_unbuilt(name);
  if (operation) {
    answer = input_of(request.body);
    if (answer) answer = checked(operation->input, *answer);
    control::Caller caller = caller_of(request.headers, context.defaults);
    // Without a port it is the unix socket's, which leads nowhere.
    if (const auto host = http::header(request.headers, "Host"); host.find(':') != host.npos)
      caller.endpoint = host;
    if (answer && context.facts.dry && name == "ExecuteCommand")
      answer = control::refuse("TargetNotConnectedException",
                               "The execute command failed: the daemon is in dry mode, in which no "
                               "container runs.");
    if (answer) answer = perform(context, *operation, caller, *answer);
  }
  return answer ? success(*answer) : failure(answer.error());
}

// Test containers and load balancers ask a plain GET whether anybody is there.
http::Response greeting(const ApiContext& context) {
  http::Response r;
  r.headers = {{"Content-Type", "application/json"}};
  r.body =
      dump_json({{"service", "drydock"}, {"version", context.facts.version}, {"status", "ok"}});
  return r;
}

// Answered by a room of its own, whatever it is signed for.
bool is_ours(const ApiContext& context, const http::Request& request) {
  return exec::is_data_channel(request.path) || logs::is_logs(request) ||
         (context.vault && vault::is_vault(request)) || (context.volumes && is_efs(request)) ||
         std::count(std::begin(kResetPaths), std::end(kResetPaths), request.path) > 0;
}

}  // namespace

ApiContext::ApiContext()
    : streams(std::make_unique<local::StreamLoop>()),
      transfers(std::make_unique<local::Transfers>()),
      channels(std::make_unique<exec::WebSockets>()),
      journals(std::make_unique<logs::Journals>()) {}
ApiContext::~ApiContext() = default;
void ApiContext::close() {
  closing = true;
  transfers->stop();
  streams->stop();
  channels->stop();
}

http::Handler ecs_handler(std::shared_ptr<ApiContext> context) {
  return [context = std::move(context)](const http::Request& request) -> http::Response {
    if (context->trust)
      if (const auto why = context->trust->refusal(request))
        return failure({"AccessDeniedException", *why, 403, {}});
    if (request.method == "POST" &&
        std::count(std::begin(kResetPaths), std::end(kResetPaths), request.path) > 0)
      return local::reset(context);
    if (request.path.compare(0, kLocalPrefix.size(), kLocalPrefix) == 0)
      return local::reply(context, request);
    if (exec::is_data_channel(request.path)) return exec::open_channel(context, request);
    if (logs::is_logs(request)) return logs::reply(*context, request);
    if (context->vault && vault::is_vault(request)) return vault::reply(*context, request);
    if (context->facts.dry && is_efs(request)) return local::absent_when_dry("EFS file systems");
    if (context->volumes && is_efs(request)) return efs_reply(*context, request);
    if (is_eventbridge(request)) return eventbridge_reply(*context, request);
    if (context->upstream && context->upstream->takes(request))
      return context->upstream->forward(request, [context] { return context->closing.load(); });
    if (auto refused = other_service(request)) return *refused;
    if (is_sts(request)) return sts_reply(*context, request);
    if (http::header(request.headers, "X-Amz-Target").empty() && request.method == "GET")
      return greeting(*context);
    if (request.method != "POST")
      return failure(
          ApiError{"UnknownOperationException",
                   "The ECS API takes POST requests with an X-Amz-Target header; this was " +
                       request.method.substr(0, 20) + ".",
                   400,
                   {}});
    return ecs_reply(*context, request);
  };
}

std::function<bool(const http::Request&)> streams_body(std::shared_ptr<const ApiContext> context) {
  return [context = std::move(context)](const http::Request& head) {
    if (head.path.starts_with(kLocalPrefix))
      return head.method == "POST" && head.path == "/_drydock/v1/images/load";
    return context->upstream && !is_ours(*context, head) && context->upstream->takes(head);
  };
}

}  // namespace drydock::api
