#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/archive_source.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

std::string short_digest(const std::string& digest) {
  return digest.starts_with("sha256:") ? digest.substr(7, 12) : digest;
}

std::vector<std::vector<std::string>> image_rows(const Json& images) {
  std::vector<std::vector<std::string>> rows = {
      {"IMAGE", "DIGEST", "ARCHITECTURE", "SIZE", "SHARED", "UNIQUE", "CREATED"}};
  for (const auto& image : images) {
    const auto created = parse_rfc3339(json_string(image, "created"));
    const double age = created ? epoch_seconds(now()) - epoch_seconds(*created) : 0;
    const std::vector<std::string> rest = {
        short_digest(json_string(image, "digest")),
        json_string(image, "architecture", "-"),
        human_size(static_cast<double>(json_int(image, "size"))),
        human_size(static_cast<double>(json_int(image, "shared"))),
        human_size(static_cast<double>(json_int(image, "unique"))),
        created && epoch_seconds(*created) > 0 ? human_age(age) : "-"};
    std::vector<std::string> names;
    if (const Json* list = json_find(image, "names"); list && list->is_array())
      for (const auto& n : *list) names.push_back(n.is_string() ? n.get<std::string>() : "");
    if (names.empty()) names.emplace_back("-");
    for (auto& name : names) {
      rows.push_back({std::move(name)});
      rows.back().insert(rows.back().end(), rest.begin(), rest.end());
    }
  }
  return rows;
}

Result<Json> load(Session& session, const LoadOptions& options) {
  DRYDOCK_LET(ArchiveSource source, ArchiveSource::open(options.file));
  DRYDOCK_LET(const Client client, session.connect());
  const std::string query = options.name.empty() ? "" : "?name=" + url_encode(options.name);
  auto answer = client.upload("images/load" + query, [&](char* buffer, std::size_t size) {
    return source.read(buffer, size);
  });
  const auto packed = source.finish();
  if (!answer) return tl::unexpected(std::move(answer.error()).in("load " + options.file));
  if (!packed) return tl::unexpected(packed.error());
  return answer;
}

void print_names(Session& session, const Json& answer, const char* member) {
  const Json* names = json_find(answer, member);
  for (const auto& n : names ? *names : Json::array())
    if (n.is_string()) session.out.line(n.get<std::string>());
}

}  // namespace

int execute(Session& session, const ImagesOptions&) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto answer = client->get("images");
  if (!answer) return session.failed(answer.error());
  if (session.common.json) return session.print_json(*answer);
  const Json* images = json_find(*answer, "images");
  const auto rows = image_rows(images ? *images : Json::array());
  if (!session.common.quiet) session.out.write(table(rows));
  for (std::size_t i = 1; session.common.quiet && i < rows.size(); ++i)
    session.out.line(rows[i][0]);
  return 0;
}

int execute(Session& session, const LoadOptions& options) {
  const auto answer = load(session, options);
  if (!answer) return session.failed(answer.error());
  if (session.common.json) return session.print_json(*answer);
  print_names(session, *answer, "images");
  return 0;
}

int execute(Session& session, const TagOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto answer =
      client->post("images/tag", Json{{"source", options.source}, {"target", options.target}});
  return answer ? 0 : session.failed(answer.error());
}

int execute(Session& session, const RmiOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  int exit_code = 0;
  for (const auto& reference : options.references) {
    const auto answer =
        client->remove("images?ref=" + url_encode(reference) + (options.force ? "&force=1" : ""));
    if (answer)
      print_names(session, *answer, "untagged");
    else
      exit_code = session.failed(answer.error());
  }
  return exit_code;
}

}  // namespace drydock::cli
