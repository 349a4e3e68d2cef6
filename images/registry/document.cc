#include "images/registry/document.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "images/manifest.h"
#include "images/registry/answer.h"
#include "images/sha256.h"

namespace drydock::images::registry {
namespace {

Result<std::string> type_of(const std::string& text, std::string_view content_type) {
  auto json = parse_json(text);
  if (!json || !json->is_object())
    return fail(Errc::kInvalid, "what the registry sent is not a manifest (no JSON object)");
  const bool is_index = json->contains("manifests");
  const bool is_image = json->contains("layers") || json->contains("config");
  // Each reader would see another image in it (CVE-2021-41190).
  if (is_index && is_image)
    return fail(Errc::kInvalid, "the manifest claims to be an image and an index at once");
  if (json->contains("fsLayers") || json_int(*json, "schemaVersion", 2) == 1)
    return fail(Errc::kUnsupported,
                "the image has a manifest of schema version 1, which registries gave up in 2019; "
                "push it again with a current docker");
  if (!is_index && !is_image)
    return fail(Errc::kInvalid, "what the registry sent is neither a manifest nor an index");
  for (const std::string& type :
       {std::string(content_type.substr(0, content_type.find_first_of("; "))),
        json_string(*json, "mediaType")}) {
    if (is_index ? is_index_type(type) : is_manifest_type(type)) return type;
    if (is_index_type(type) || is_manifest_type(type))
      return fail(Errc::kInvalid,
                  "the registry calls the manifest " + printable(type, 100) + ", which it is not");
  }
  return std::string(is_index ? kOciIndex : kOciManifest);
}

}  // namespace

Result<RemoteDocument> check_document(std::string text, std::string_view content_type,
                                      std::string_view wanted) {
  Sha256 sha;
  sha.update(text);
  RemoteDocument document;
  document.digest = "sha256:" + sha.hex();
  if (!wanted.empty() && document.digest != wanted)
    return fail(Errc::kInvalid,
                "the registry sent a manifest with the digest " + document.digest + " instead");
  DRYDOCK_LET(document.media_type, type_of(text, content_type));
  document.text = std::move(text);
  return document;
}

}  // namespace drydock::images::registry
