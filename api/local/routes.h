#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/context.h"
#include "base/http/message.h"

// The private routes (README.md beside this).
namespace drydock::api::local {

using Context = std::shared_ptr<ApiContext>;

// Any request under /_drydock/.
http::Response reply(const Context& context, const http::Request& request);

// Replies shared by the routes.
http::Response ok(const Json& body);
http::Response problem(int status, std::string_view code, const std::string& message);
http::Response problem(const control::ApiError& error);
http::Response problem(const Error& error);  // 404, 409, 400 or 500 by its code

// What is not there without containers.
http::Response absent_when_dry(const std::string& what);
// Of a query: a switch that is on; a point in time, or a duration back from now.
bool asked(std::string_view query, std::string_view key);
Result<std::optional<Time>> time_value(std::string_view query, std::string_view key);

// The groups. `id` is a task id as it stands in the path.
http::Response run(const Context& context, const http::Request& request);
// Why the tasks of a foreground run are stopped when nobody follows them any more.
runtime::StopRequest client_went_away();

http::Response list_tasks(const Context& context, const http::Request& request);
http::Response show_task(const Context& context, const std::string& id);
http::Response stop_task(const Context& context, const http::Request& request,
                         const std::string& id);
http::Response interrupt_task(const Context& context, const std::string& id);
http::Response forget_task(const Context& context, const std::string& id);
http::Response task_events(const Context& context, const http::Request& request,
                           const std::string& id);
http::Response exec_task(const Context& context, const http::Request& request,
                         const std::string& id);
http::Response changes(const Context& context);
http::Response event_log(const Context& context, const http::Request& request);
http::Response rules(const Context& context, const http::Request& request, std::string_view rest);
http::Response clock(const Context& context, const http::Request& request);
http::Response task_logs(const Context& context, const http::Request& request,
                         const std::string& id);
http::Response images(const Context& context, const http::Request& request, std::string_view rest);
http::Response pull_image(const Context& context, const http::Request& request);
http::Response save_images(const Context& context, const http::Request& request);
http::Response prune_images(const Context& context, const http::Request& request);
http::Response volumes(const Context& context, const http::Request& request, std::string_view rest);
http::Response target_groups(const Context& context);
// Below /_drydock/dry/: what becomes of tasks that do not run.
http::Response dry(const Context& context, const http::Request& request, std::string_view path);
http::Response stats(const Context& context, const http::Request& request);
http::Response version(const Context& context);
http::Response status(const Context& context);
http::Response reset(const Context& context);
http::Response shutdown(const Context& context, const http::Request& request);
http::Response doctor(const Context& context);

}  // namespace drydock::api::local
