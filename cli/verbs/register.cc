#include <nlohmann/json.hpp>

#include "cli/definitions.h"
#include "cli/documents.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

Status register_files(Session& session, const RegisterOptions& options) {
  // All are read before the first is registered: a broken file changes nothing.
  std::vector<NamedDefinition> definitions;
  std::vector<std::string> notes;
  for (const auto& file : options.files) {
    DRYDOCK_LET(auto some, chosen_definitions(file, options.from, notes));
    for (auto& one : some) definitions.push_back(std::move(one));
  }
  for (const auto& note : notes) session.note(note);
  for (const auto& one : definitions)
    for (const auto& line : ignored_members(one.label, one.request)) session.note(line);
  DRYDOCK_LET(const Client client, session.connect());
  Json all = Json::array();
  for (const auto& one : definitions) {
    auto answer = client.api("RegisterTaskDefinition", one.request);
    if (!answer) return tl::unexpected(std::move(answer.error()).in(one.label));
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
