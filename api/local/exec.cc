#include <sys/socket.h>

#include <nlohmann/json.hpp>

#include "api/local/routes.h"
#include "api/local/stream_loop.h"
#include "api/protocol.h"

namespace drydock::api::local {
namespace {

constexpr const char* kProtocol = "drydock-exec";
constexpr std::string_view kSwitching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: drydock-exec\r\n\r\n";

// A list of texts; kInvalid when it is none.
Result<std::vector<std::string>> texts(const Json& body, const char* member) {
  std::vector<std::string> out;
  const Json* list = json_find(body, member);
  if (!list) return out;
  if (!list->is_array()) return fail(Errc::kInvalid, std::string(member) + " must be a list");
  for (const Json& one : *list) {
    if (!one.is_string())
      return fail(Errc::kInvalid, std::string(member) + " must be a list of texts");
    out.push_back(one.get<std::string>());
  }
  return out;
}

Result<runtime::ExecRequest> exec_request(const Json& body) {
  runtime::ExecRequest r;
  DRYDOCK_LET(r.command, texts(body, "command"));
  DRYDOCK_LET(r.environment, texts(body, "environment"));
  r.terminal = json_bool(body, "terminal");
  r.input = json_bool(body, "input");
  r.user = json_string(body, "user");
  r.working_directory = json_string(body, "workingDirectory");
  r.size.rows = static_cast<std::uint16_t>(json_int(body, "rows"));
  r.size.columns = static_cast<std::uint16_t>(json_int(body, "columns"));
  return r;
}

Result<std::string> container_of(const runtime::TaskView& task, const std::string& named) {
  if (!named.empty()) return named;
  if (task.containers.size() == 1) return task.containers.front().name;
  std::string names;
  for (const auto& c : task.containers) names += (names.empty() ? "" : ", ") + c.name;
  return fail(Errc::kInvalid, "the task has several containers: name one with -c, of " + names);
}

Result<runtime::PreparedExec> prepare(const Context& context, const runtime::TaskView& task,
                                      const Json& body) {
  DRYDOCK_LET(const std::string container, container_of(task, json_string(body, "container")));
  DRYDOCK_LET(const runtime::ExecRequest request, exec_request(body));
  return context->execs->prepare(task, container, request);
}

}  // namespace

http::Response exec_task(const Context& context, const http::Request& request,
                         const std::string& id) {
  if (context->facts.dry) return absent_when_dry("processes to start others beside");
  if (!context->execs)
    return problem(Error{Errc::kUnsupported, "this daemon runs no containers", 0});
  if (http::header(request.headers, "Upgrade") != kProtocol)
    return problem(426, "InvalidParameterException",
                   "Ask with the headers Connection: Upgrade and Upgrade: drydock-exec.");
  const auto body = input_of(request.body);
  if (!body) return problem(body.error());
  const auto view = context->loop->call([&] { return context->control->tasks.view(id); });
  if (!view) return problem(404, "NotFound", "There is no task " + id.substr(0, 64) + ".");
  auto prepared = prepare(context, *view, *body);
  if (!prepared) return problem(prepared.error());
  http::Response r;
  // Handed through shared pointers: a std::function must be copyable.
  auto held = std::make_shared<runtime::PreparedExec>(std::move(*prepared));
  r.take_over = [context, held](UniqueFd socket, const std::string& early) {
    if (!early.empty()) return;  // frames follow the answer: this client speaks something else
    auto stream = std::make_shared<UniqueFd>(std::move(socket));
    context->streams->loop().post([context, held, stream] {
      const auto sent = ::send(stream->get(), kSwitching.data(), kSwitching.size(), MSG_NOSIGNAL);
      if (sent == static_cast<ssize_t>(kSwitching.size()))
        context->execs->start(std::move(*held), std::move(*stream));
    });
  };
  return r;
}

}  // namespace drydock::api::local
