#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/archive_source.h"
#include "cli/calling_user.h"
#include "cli/layer_bars.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

// "docker-archive:FILE", "oci-archive:FILE", "oci:FOLDER[:TAG]"; other texts are for the daemon.
struct Archive {
  std::string path;
  std::string tag;
  std::string name;  // for an image that carries none
};

// The end of a path, when it can be an image's name.
std::string name_of_folder(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  std::string name = path.substr(path.rfind('/') + 1);
  const bool fits =
      !name.empty() &&
      std::all_of(name.begin(), name.end(),
                  [](unsigned char c) {
                    return std::islower(c) || std::isdigit(c) || c == '-' || c == '_' || c == '.';
                  }) &&
      std::isalnum(static_cast<unsigned char>(name.front())) &&
      std::isalnum(static_cast<unsigned char>(name.back()));
  return fits ? name : std::string();
}

std::optional<Archive> archive_of(const std::string& text) {
  for (const std::string_view kind : {"docker-archive:", "oci-archive:"})
    if (text.starts_with(kind)) return Archive{text.substr(kind.size()), {}, {}};
  constexpr std::string_view kLayout = "oci:";
  if (!text.starts_with(kLayout)) return std::nullopt;
  Archive a;
  a.path = text.substr(kLayout.size());
  const auto colon = a.path.rfind(':');
  if (colon != std::string::npos && a.path.find('/', colon) == std::string::npos) {
    a.tag = a.path.substr(colon + 1);
    a.path.resize(colon);
  }
  if (a.name = name_of_folder(a.path); !a.name.empty() && !a.tag.empty()) a.name += ":" + a.tag;
  return a;
}

Result<Json> upload(const Client& client, const Archive& archive) {
  DRYDOCK_LET(ArchiveSource source, ArchiveSource::open(archive.path, archive.tag));
  const std::string query = archive.name.empty() ? "" : "?name=" + url_encode(archive.name);
  auto answer = client.upload("images/load" + query, [&](char* buffer, std::size_t size) {
    return source.read(buffer, size);
  });
  const auto packed = source.finish();
  if (!answer) return answer;
  if (!packed) return tl::unexpected(packed.error());
  return answer;
}

Error error_of_line(const Json& error) {
  const std::string type = json_string(error, "__type");
  const Errc code = type == "NotFound"    ? Errc::kNotFound
                    : type == "Conflict"  ? Errc::kBusy
                    : type == "Cancelled" ? Errc::kCancelled
                                          : Errc::kInvalid;
  return {code, json_string(error, "message", "the daemon did not say why"), 0};
}

// Follows one pull to its end: the image, or why there is none.
Result<Json> pull(Session& session, const Client& client, const Json& request) {
  LayerBars bars(session.err);
  std::optional<Json> last;
  JsonLines lines([&](Json line) {
    if (json_find(line, "layers")) {
      if (!session.common.quiet && !session.common.json) bars.show(layers_of(line));
      return true;
    }
    last = std::move(line);
    return false;
  });
  const auto done = client.stream_post("images/pull", request,
                                       [&](std::string_view data) { return lines.feed(data); });
  if (!done || (last && json_find(*last, "error"))) bars.clear();
  if (last) {
    if (const Json* image = json_find(*last, "image")) return *image;
    if (const Json* error = json_find(*last, "error")) return tl::unexpected(error_of_line(*error));
  }
  if (!done) return tl::unexpected(done.error());
  if (!lines.error()) return tl::unexpected(lines.error().error());
  return fail(Errc::kSystem, "the daemon ended the pull without a word; see its log");
}

// "docker.io/library/web@sha256:...": what was pulled, for ever.
std::string pinned(const Json& image) {
  std::string name = json_string(image, "name");
  name = name.substr(0, name.find('@'));
  const auto slash = name.rfind('/');
  if (const auto colon = name.find(':', slash == std::string::npos ? 0 : slash);
      colon != std::string::npos)
    name.resize(colon);
  return name + "@" + json_string(image, "digest");
}

// The daemon often begins with the image's name, as given or whole: it is said once.
Error of_pull(Error error, const std::string& reference) {
  const std::string begin = error.message.substr(0, error.message.find(": "));
  const bool named = begin.ends_with(reference) || begin.ends_with(reference + ":latest");
  return named ? Error{error.code, "pull " + error.message, error.sys}
               : std::move(error).in("pull " + reference);
}

struct Puller {
  Session& session;
  const Client& client;
  const PullOptions& options;
  Json pulled = Json::array();

  Status from_archive(const Archive& archive) {
    if (!options.platform.empty())
      return fail(Errc::kInvalid, "--platform chooses among a registry's images, not in archives");
    if (!session.common.quiet) session.note("loading " + archive.path);
    DRYDOCK_LET(const Json answer, upload(client, archive));
    const Json* names = json_find(answer, "images");
    for (const auto& n : names ? *names : Json::array()) {
      if (!n.is_string()) continue;
      if (session.common.json)
        pulled.push_back({{"name", n}});
      else
        session.out.line(n.get<std::string>());
    }
    return {};
  }

  Status from_elsewhere(const std::string& reference) {
    Json request = {{"reference", reference}, {"pull", options.pull}, {"user", calling_user()}};
    if (!options.platform.empty()) request["platform"] = options.platform;
    if (!session.common.json) session.note("pulling " + reference);
    DRYDOCK_LET(const Json image, pull(session, client, request));
    if (session.common.json)
      pulled.push_back(image);
    else
      session.out.line(pinned(image));
    return {};
  }
};

}  // namespace

int execute(Session& session, const PullOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  Puller puller{session, *client, options};
  int exit_code = 0;
  for (const auto& reference : options.references) {
    const auto archive = archive_of(reference);
    auto done = archive ? puller.from_archive(*archive) : puller.from_elsewhere(reference);
    if (!done) exit_code = session.failed(of_pull(std::move(done.error()), reference));
  }
  if (session.common.json && (exit_code == 0 || !puller.pulled.empty()))
    (void)session.print_json({{"images", puller.pulled}});
  return exit_code;
}

}  // namespace drydock::cli
