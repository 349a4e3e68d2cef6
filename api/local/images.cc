#include <nlohmann/json.hpp>

#include "api/local/routes.h"
#include "api/protocol.h"
#include "images/archive.h"

namespace drydock::api::local {
namespace {

http::Response list(images::Store& store) {
  const auto rows = store.list();
  if (!rows) return problem(rows.error());
  Json out = Json::array();
  for (const auto& row : *rows) {
    Json one = {{"names", row.names},
                {"digest", row.image->manifest_digest},
                {"id", row.image->image_id},
                {"size", row.image->size},
                {"shared", row.shared},
                {"unique", row.unique},
                {"architecture", row.image->platform.architecture},
                {"platform", row.image->platform.text()},
                {"loaded", rfc3339_short(row.loaded)},
                {"used", row.held}};
    if (row.image->created) one["created"] = rfc3339_short(*row.image->created);
    out.push_back(std::move(one));
  }
  return ok({{"images", std::move(out)}});
}

http::Response load(images::Store& store, const http::Request& request) {
  http::BodyReader* body = request.stream;
  if (!body)
    return problem(500, "InternalError",
                   "The upload was not streamed: the daemon is not wired for it.");
  const auto loaded =
      images::load_archive(store, [body](char* buffer, std::size_t size) -> Result<std::size_t> {
        const ssize_t n = body->read(buffer, size);
        if (n < 0) return fail(Errc::kInvalid, "the upload broke off before its end");
        return static_cast<std::size_t>(n);
      });
  if (!loaded) return problem(loaded.error());
  const std::string name = http::query_value(request.query, "name").value_or("");
  Json names = Json::array();
  for (const auto& image : *loaded) {
    for (const auto& one : image.names) names.push_back(one);
    if (!image.names.empty()) continue;
    if (!name.empty()) {
      if (const auto tagged = store.tag(image.manifest_digest, name); !tagged)
        return problem(tagged.error());
    }
    names.push_back(name.empty() ? image.manifest_digest : name);
  }
  return ok({{"images", std::move(names)}});
}

http::Response tag(images::Store& store, const http::Request& request) {
  const auto input = input_of(request.body);
  if (!input) return problem(input.error());
  const auto done = store.tag(json_string(*input, "source"), json_string(*input, "target"));
  return done ? ok(Json::object()) : problem(done.error());
}

http::Response remove(images::Store& store, const http::Request& request) {
  const auto ref = http::query_value(request.query, "ref");
  if (!ref || ref->empty())
    return problem(400, "InvalidParameterException", "Which image? Give ?ref=NAME.");
  const auto force = http::query_value(request.query, "force");
  const auto removed = store.remove(*ref, force && *force == "1");
  if (!removed) return problem(removed.error());
  return ok(
      {{"untagged", removed->untagged}, {"deleted", removed->deleted}, {"freed", removed->freed}});
}

}  // namespace

http::Response images(const Context& context, const http::Request& request, std::string_view rest) {
  if (context->facts.dry) return absent_when_dry("images (any name is pulled)");
  if (!context->images)
    return problem(400, "UnsupportedFeatureException", "This daemon has no image store.");
  images::Store& store = *context->images;
  if (request.method == "GET" && rest.empty()) return list(store);
  if (request.method == "DELETE" && rest.empty()) return remove(store, request);
  if (request.method == "POST" && rest == "/load") return load(store, request);
  if (request.method == "POST" && rest == "/tag") return tag(store, request);
  if (request.method == "POST" && rest == "/pull") return pull_image(context, request);
  if (request.method == "POST" && rest == "/prune") return prune_images(context, request);
  if (request.method == "GET" && rest == "/save") return save_images(context, request);
  return problem(404, "NotFound",
                 "This daemon has no route " + request.method + " " + request.path + ".");
}

}  // namespace drydock::api::local
