#include "api/exec/open_channel.h"

#include <sys/socket.h>

#include <algorithm>
#include <cctype>

#include "api/exec/websockets.h"
#include "api/local/stream_loop.h"

namespace drydock::api::exec {
namespace {

constexpr std::string_view kPrefix = "/v1/data-channel/";

// As the agent on AWS runs it: as root whatever the container's user is, on a terminal.
runtime::ExecRequest request_of(const control::ExecTicket& ticket) {
  runtime::ExecRequest r;
  r.command = ticket.command;
  r.terminal = true;
  r.input = true;
  r.user = "0";
  r.terminal_type = "xterm-256color";
  return r;
}

// On the loop of streams.
Result<UniqueFd> start(ApiContext& context, const control::ExecTicket& ticket,
                       const runtime::TaskView& task) {
  DRYDOCK_LET(runtime::PreparedExec prepared,
              context.execs->prepare(task, ticket.container, request_of(ticket)));
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return fail_errno("make a pair of sockets");
  UniqueFd ours(ends[0]);
  context.execs->start(std::move(prepared), UniqueFd(ends[1]));
  return ours;
}

void begin(const std::shared_ptr<ApiContext>& context, const std::string& session,
           const std::string& token, const WebSockets::Begun& begun) {
  context->loop->post([context, session, token, begun] {
    const auto ticket = context->control->exec.redeem(session, token);
    const auto task = ticket ? context->control->tasks.view(ticket->task_id) : nullptr;
    if (!ticket || !task)
      return begun(fail(Errc::kDenied, "no such session, opened before, or another token"));
    context->streams->loop().post(
        [context, ticket, task, begun] { begun(start(*context, *ticket, *task)); });
  });
}

}  // namespace

bool is_data_channel(std::string_view path) { return path.substr(0, kPrefix.size()) == kPrefix; }

http::Response open_channel(const std::shared_ptr<ApiContext>& context,
                            const http::Request& request) {
  const std::string session = request.path.substr(kPrefix.size());
  const bool plain = !session.empty() && session.size() <= 100 &&
                     std::all_of(session.begin(), session.end(),
                                 [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
  if (!plain || !context->execs) {
    http::Response r;
    r.status = 404;
    r.body = "There is no such session.\n";
    return r;
  }
  return context->channels->serve(
      request, session,
      [context](const std::string& id, const std::string& token, const WebSockets::Begun& begun) {
        begin(context, id, token, begun);
      });
}

}  // namespace drydock::api::exec
