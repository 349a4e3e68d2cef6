#include <nlohmann/json.hpp>

#include "cli/documents.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

Status register_files(Session& session, const RegisterOptions& options) {
  // All are read before the first is registered: a broken file changes nothing.
  std::vector<Json> requests;
  for (const auto& file : options.files) {
    FileNotes notes;
    DRYDOCK_LET(Json request, read_task_definition(file, &notes));
    for (const auto& line : notes.lines) session.note(file + ": " + line);
    for (const auto& line : ignored_members(file, request)) session.note(line);
    requests.push_back(std::move(request));
  }
  DRYDOCK_LET(const Client client, session.connect());
  Json all = Json::array();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto answer = client.api("RegisterTaskDefinition", requests[i]);
    if (!answer) return tl::unexpected(std::move(answer.error()).in(options.files[i]));
    const Json* definition = json_find(*answer, "taskDefinition");
    const std::string arn =
        definition ? json_string(*definition, "taskDefinitionArn") : std::string();
    if (session.common.json)
      all.push_back(*answer);
    else
      session.out.line(arn.substr(arn.rfind('/') + 1));
  }
  if (session.common.json) session.print_json(all);
  return {};
}

}  // namespace

int execute(Session& session, const RegisterOptions& options) {
  const auto done = register_files(session, options);
  return done ? 0 : session.failed(done.error());
}

}  // namespace drydock::cli
