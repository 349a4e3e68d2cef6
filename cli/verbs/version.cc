#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/session.h"

namespace drydock::cli {

int execute(Session& session, const VersionOptions&) {
  const auto client = session.connect(Missing::kLeave);
  const auto answer =
      client ? client->get("version") : Result<Json>(tl::unexpected(client.error()));
  const std::string daemon = answer ? json_string(*answer, "version") : std::string();
  if (session.common.json) {
    Json out = {{"client", DRYDOCK_VERSION}};
    if (!daemon.empty()) out["daemon"] = daemon;
    return session.print_json(out);
  }
  session.out.line("drydock " DRYDOCK_VERSION +
                   (daemon.empty() ? " (no daemon answers)" : ", daemon " + daemon));
  return 0;
}

int execute(Session& session, const DocsOptions& options) {
  const auto model = command_model();
  if (options.kind == "man")
    session.out.write(man_page(model));
  else if (options.kind == "bash")
    session.out.write(bash_completion(model));
  else if (options.kind == "zsh")
    session.out.write(zsh_completion(model));
  else if (options.kind == "fish")
    session.out.write(fish_completion(model));
  else
    return session.failed(
        {Errc::kInvalid, "__docs: \"" + options.kind + "\" must be man, bash, zsh or fish", 0},
        kUsage);
  return 0;
}

}  // namespace drydock::cli
