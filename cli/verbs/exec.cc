#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/lookup.h"
#include "cli/raw_terminal.h"
#include "cli/remote_process.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

Json request_body(const ExecOptions& options, bool input, bool terminal) {
  Json body = {{"command", options.command}, {"input", input}, {"terminal", terminal}};
  if (!options.container.empty()) body["container"] = options.container;
  if (!options.user.empty()) body["user"] = options.user;
  if (!options.working_directory.empty()) body["workingDirectory"] = options.working_directory;
  if (!options.environment.empty()) body["environment"] = options.environment;
  if (terminal) {
    const auto size = terminal_size(STDOUT_FILENO);
    body["rows"] = size.rows;
    body["columns"] = size.columns;
  }
  return body;
}

Result<http::Upgraded> begin(const Client& client, const ExecOptions& options, bool input,
                             bool terminal) {
  DRYDOCK_LET(const Json task, look_up(client, options.task, Several::kRefuse));
  return client.upgrade("tasks/" + task_id(task) + "/exec", request_body(options, input, terminal),
                        "drydock-exec");
}

}  // namespace

int execute(Session& session, const ExecOptions& options) {
  const auto client = session.connect(Missing::kLeave);
  if (!client) return session.failed(client.error(), kRefused);
  const bool on_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  const bool input = options.input || on_terminal;
  const bool terminal = options.terminal || on_terminal;
  auto begun = begin(*client, options, input, terminal);
  if (!begun) return session.failed(begun.error(), kRefused);
  const auto ended = attend({std::move(begun->socket), std::move(begun->early), input, terminal});
  if (ended) return *ended;
  return session.failed({Errc::kSystem, ended.error().text, 0}, ended.error().code);
}

}  // namespace drydock::cli
