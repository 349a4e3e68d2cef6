#include "images/catalogue.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/json.h"
#include "images/reference.h"

namespace drydock::images {
namespace {

constexpr std::size_t kMinPrefix = 4;

tl::unexpected<Error> not_found(const std::string& shown) {
  return fail(Errc::kNotFound,
              "no image '" + shown + "' in the local store; load it with: drydock load -i ARCHIVE");
}

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace

Result<Catalogue::Match> Catalogue::resolve(std::string_view text) const {
  const auto by_digest = [&](std::string_view digest) -> std::string {
    if (images.contains(std::string(digest))) return std::string(digest);
    for (const auto& [manifest, record] : images)
      if (record.config == digest || record.index == digest) return manifest;
    return {};
  };
  if (is_digest(text)) {
    if (std::string found = by_digest(text); !found.empty()) return Match{std::move(found), {}};
    return not_found(std::string(text));
  }
  auto reference = parse_reference(text);
  if (reference && !reference->digest.empty()) {
    if (std::string found = by_digest(reference->digest); !found.empty())
      return Match{std::move(found), {}};
    return not_found(reference->familiar());
  }
  if (reference)
    if (auto it = names.find(reference->text()); it != names.end())
      return Match{it->second, it->first};
  const std::string_view prefix = text.starts_with("sha256:") ? text.substr(7) : text;
  if (prefix.size() >= kMinPrefix && prefix.size() <= 64 && is_hex(prefix)) {
    std::set<std::string> found;
    for (const auto& [manifest, record] : images)
      if (std::string_view(record.config).substr(7).starts_with(prefix) ||
          std::string_view(manifest).substr(7).starts_with(prefix))
        found.insert(manifest);
    if (found.size() == 1) return Match{*found.begin(), {}};
    if (found.size() > 1)
      return fail(Errc::kInvalid, "'" + std::string(text) + "' is the beginning of " +
                                      std::to_string(found.size()) + " image ids; give more of it");
  }
  if (!reference) return tl::unexpected(std::move(reference.error()));
  return not_found(reference->familiar());
}

Result<Catalogue> parse_catalogue(std::string_view text) {
  DRYDOCK_LET(const Json document, parse_json(text));
  const Json* images = json_find(document, "images");
  const Json* names = json_find(document, "names");
  if (!images || !images->is_object() || !names || !names->is_object())
    return fail(Errc::kInvalid, "not an image catalogue");
  Catalogue c;
  for (const auto& [digest, item] : images->items()) {
    Record r{json_string(item, "mediaType"), json_string(item, "config"),
             json_string(item, "index"), json_string(item, "loaded")};
    if (!is_digest(digest) || !is_digest(r.config))
      return fail(Errc::kInvalid, "broken record of image " + digest);
    c.images.emplace(digest, std::move(r));
  }
  for (const auto& [name, digest] : names->items()) {
    if (!digest.is_string() || !c.images.contains(digest.get<std::string>()))
      return fail(Errc::kInvalid, "the name " + name + " leads nowhere");
    c.names.emplace(name, digest.get<std::string>());
  }
  return c;
}

std::string catalogue_text(const Catalogue& c) {
  Json document{{"version", 1}, {"images", Json::object()}, {"names", Json::object()}};
  for (const auto& [digest, r] : c.images) {
    Json item{{"mediaType", r.media_type}, {"config", r.config}};
    if (!r.index.empty()) item["index"] = r.index;
    item["loaded"] = r.loaded;
    document["images"][digest] = std::move(item);
  }
  for (const auto& [name, digest] : c.names) document["names"][name] = digest;
  return pretty_json(document) + "\n";
}

Catalogue durable_part(const Catalogue& next, const Catalogue& safe, const Catalogue& before) {
  Catalogue part;
  for (const auto& [digest, record] : next.images) {
    // The same record: an image that was removed and came again has another time.
    if (const auto it = safe.images.find(digest); it != safe.images.end() && it->second == record)
      part.images.emplace(digest, record);
    else if (const auto old = before.images.find(digest); old != before.images.end())
      part.images.emplace(digest, old->second);
  }
  for (const auto& [name, digest] : next.names) {
    if (part.images.contains(digest)) {
      part.names.emplace(name, digest);
      continue;
    }
    const auto old = before.names.find(name);
    if (old != before.names.end() && part.images.contains(old->second))
      part.names.emplace(name, old->second);
  }
  return part;
}

std::string layer_folder(std::string_view diff_id, bool lowest) {
  static constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string name(1, lowest ? 'b' : 'l');
  unsigned bits = 0;
  int have = 0;
  for (char c : diff_id.substr(7)) {  // after "sha256:"
    bits = bits << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    have += 4;
    if (have < 5) continue;
    have -= 5;
    name += kAlphabet[bits >> have & 31];
    bits &= (1u << have) - 1;
    if (name.size() == 26) break;
  }
  return name;
}

}  // namespace drydock::images
