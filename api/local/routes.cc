#include "api/local/routes.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace drydock::api::local {
namespace {

constexpr std::string_view kPrefix = "/_drydock/v1/";
constexpr std::string_view kDryPrefix = "/_drydock/dry/";

// "<id>", "events" of "tasks/<id>/events"; nullopt when `path` is not below tasks/.
struct TaskPath {
  std::string id;
  std::string_view what;
};
std::optional<TaskPath> task_path(std::string_view path) {
  static constexpr std::string_view kTasks = "tasks/";
  if (path.substr(0, kTasks.size()) != kTasks) return std::nullopt;
  path.remove_prefix(kTasks.size());
  const auto slash = path.find('/');
  return TaskPath{std::string(path.substr(0, slash)),
                  slash == std::string_view::npos ? "" : path.substr(slash + 1)};
}

std::optional<http::Response> task_route(const Context& context, const http::Request& r,
                                         const TaskPath& task) {
  if (r.method == "GET" && task.what.empty()) return show_task(context, task.id);
  if (r.method == "GET" && task.what == "events") return task_events(context, r, task.id);
  if (r.method == "GET" && task.what == "logs") return task_logs(context, r, task.id);
  if (r.method == "POST" && task.what == "exec") return exec_task(context, r, task.id);
  if (r.method == "POST" && task.what == "stop") return stop_task(context, r, task.id);
  if (r.method == "POST" && task.what == "spot-interrupt") return interrupt_task(context, task.id);
  if (r.method == "DELETE" && task.what.empty()) return forget_task(context, task.id);
  return std::nullopt;
}

std::optional<http::Response> route(const Context& context, const http::Request& r,
                                    std::string_view path) {
  if (const auto task = task_path(path)) return task_route(context, r, *task);
  if (path.substr(0, 6) == "images" && (path.size() == 6 || path[6] == '/'))
    return images(context, r, path.substr(6));
  if (path.substr(0, 7) == "volumes" && (path.size() == 7 || path[7] == '/'))
    return volumes(context, r, path.substr(7));
  if (path.substr(0, 5) == "rules" && (path.size() == 5 || path[5] == '/'))
    return rules(context, r, path.substr(5));
  if (r.method == "POST" && path == "clock") return clock(context, r);
  if (r.method == "GET" && path == "tasks") return list_tasks(context, r);
  if (r.method == "GET" && path == "events") return changes(context);
  if (r.method == "GET" && path == "event-log") return event_log(context, r);
  if (r.method == "GET" && path == "stats") return stats(context, r);
  if (r.method == "GET" && path == "version") return version(context);
  if (r.method == "GET" && path == "status") return status(context);
  if (r.method == "GET" && path == "target-groups") return target_groups(context);
  if (r.method == "GET" && path == "doctor") return doctor(context);
  if (r.method == "POST" && path == "run") return run(context, r);
  if (r.method == "POST" && path == "reset") return reset(context);
  if (r.method == "POST" && path == "shutdown") return shutdown(context, r);
  return std::nullopt;
}

}  // namespace

bool asked(std::string_view query, std::string_view key) {
  const auto value = http::query_value(query, key);
  return value && *value != "0" && *value != "false";
}

Result<std::optional<Time>> time_value(std::string_view query, std::string_view key) {
  const auto text = http::query_value(query, key);
  if (!text || text->empty()) return std::optional<Time>{};
  if (const auto back = parse_duration(*text)) return std::optional<Time>{now() - *back};
  DRYDOCK_LET(const Time at, parse_rfc3339(*text));
  return std::optional<Time>{at};
}

http::Response ok(const Json& body) {
  http::Response r;
  r.headers = {{"Content-Type", "application/json"}};
  r.body = dump_json(body);
  return r;
}

http::Response problem(int status, std::string_view code, const std::string& message) {
  http::Response r = ok({{"__type", std::string(code)}, {"message", message}});
  r.status = status;
  return r;
}

http::Response problem(const control::ApiError& error) {
  return problem(error.status, error.code, error.message);
}

http::Response problem(const Error& error) {
  switch (error.code) {
    case Errc::kNotFound:
      return problem(404, "NotFound", error.message);
    case Errc::kBusy:
    case Errc::kExists:
      return problem(409, "Conflict", error.message);
    case Errc::kInvalid:
    case Errc::kUnsupported:
      return problem(400, "InvalidParameterException", error.message);
    case Errc::kDenied:
      return problem(403, "Denied", error.message);
    case Errc::kLimited:
      return problem(429, "TooManyRequests", error.message);
    case Errc::kTimeout:
      return problem(504, "Timeout", error.message);
    case Errc::kCancelled:
      return problem(409, "Cancelled", error.message);
    case Errc::kSystem:
      break;
  }
  return problem(500, "InternalError", error.message);
}

http::Response reply(const Context& context, const http::Request& request) {
  const std::string_view path = request.path;
  if (path.starts_with(kDryPrefix)) return dry(context, request, path.substr(kDryPrefix.size()));
  if (path.substr(0, kPrefix.size()) == kPrefix)
    if (auto found = route(context, request, path.substr(kPrefix.size()))) return std::move(*found);
  return problem(404, "NotFound",
                 "This daemon has no route " + request.method.substr(0, 20) + " " +
                     request.path.substr(0, 200) + ": its version is " + context->facts.version +
                     ", is the client's the same?");
}

}  // namespace drydock::api::local
