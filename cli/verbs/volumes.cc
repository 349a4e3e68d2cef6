#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/session.h"

namespace drydock::cli {
namespace {

std::string size_of(const Json& volume) {
  return (json_bool(volume, "complete", true) ? "" : "> ") +
         human_size(static_cast<double>(json_int(volume, "size")));
}

std::string users_of(const Json& volume) {
  std::string text;
  if (const Json* ids = json_find(volume, "usedBy"); ids && ids->is_array())
    for (const Json& id : *ids)
      if (id.is_string()) text += (text.empty() ? "" : ",") + id.get<std::string>().substr(0, 8);
  return text.empty() ? "-" : text;
}

Result<Json> one(const Client& client, const std::string& name) {
  return client.get("volumes/" + url_encode(name));
}

}  // namespace

int execute(Session& session, const VolumesListOptions&) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto answer = client->get("volumes");
  if (!answer) return session.failed(answer.error());
  if (session.common.json) return session.print_json(*answer);
  std::vector<std::vector<std::string>> rows = {{"VOLUME", "KIND", "SIZE", "USED BY", "FOLDER"}};
  if (const Json* all = json_find(*answer, "volumes"); all && all->is_array())
    for (const Json& volume : *all)
      rows.push_back({json_string(volume, "name"), json_string(volume, "kind"), size_of(volume),
                      users_of(volume), json_string(volume, "folder")});
  if (!session.common.quiet) session.out.write(table(rows));
  for (std::size_t i = 1; session.common.quiet && i < rows.size(); ++i)
    session.out.line(rows[i][0]);
  return 0;
}

int execute(Session& session, const VolumesInspectOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  Json all = Json::array();
  for (const std::string& name : options.names) {
    auto answer = one(*client, name);
    if (!answer) return session.failed(answer.error());
    all.push_back(std::move(*answer));
  }
  return session.print_json(all);
}

int execute(Session& session, const VolumesRemoveOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  int exit_code = 0;
  for (const std::string& name : options.names) {
    const auto answer = client->remove("volumes/" + url_encode(name));
    if (answer)
      session.out.line(name);
    else
      exit_code = session.failed(answer.error());
  }
  return exit_code;
}

int execute(Session& session, const VolumesPruneOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto answer = client->post("volumes/prune", Json{{"dryRun", options.dry_run}});
  if (!answer) return session.failed(answer.error());
  if (session.common.json) return session.print_json(*answer);
  std::size_t count = 0;
  if (const Json* names = json_find(*answer, "removed"); names && names->is_array())
    for (const Json& name : *names) {
      session.out.line(name.is_string() ? name.get<std::string>() : "");
      ++count;
    }
  session.note(std::string(options.dry_run ? "would remove " : "removed ") + std::to_string(count) +
               " volumes, " + human_size(static_cast<double>(json_int(*answer, "freed"))));
  return 0;
}

int execute(Session& session, const VolumesMapOptions& options) {
  if (options.folder.empty() != options.remove)
    return session.failed({Errc::kInvalid, "volumes map needs a folder, or --remove", 0}, kUsage);
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const std::string folder =
      options.remove ? "" : std::filesystem::absolute(options.folder).lexically_normal().string();
  const auto answer =
      client->post("volumes/map", Json{{"fileSystemId", options.file_system}, {"folder", folder}});
  if (!answer) return session.failed(answer.error());
  session.note(options.file_system + " is " +
               (options.remove ? "a folder of Drydock's own again" : folder));
  if (const std::string hidden = json_string(*answer, "hidden"); !hidden.empty())
    session.note("what it held before stays in " + hidden + " and is back with --remove");
  return 0;
}

}  // namespace drydock::cli
