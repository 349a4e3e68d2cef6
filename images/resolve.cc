#include "images/resolve.h"

#include <set>

#include "base/files.h"
#include "base/ids.h"
#include "base/limits.h"

namespace drydock::images {
namespace {

constexpr int kMaxIndexDepth = 4;

std::string offered(const std::vector<Descriptor>& entries) {
  std::set<std::string> platforms;
  for (const Descriptor& e : entries)
    if (e.platform && !is_attestation(e)) platforms.insert(e.platform->text());
  std::string text;
  for (const std::string& p : platforms) text += (text.empty() ? "" : ", ") + p;
  return text.empty() ? "nothing that runs" : text;
}

tl::unexpected<Error> no_platform(const Reference& reference, const Platform& wanted,
                                  const std::string& there) {
  return fail(Errc::kUnsupported, "the image " + reference.familiar() + " is not for " +
                                      wanted.text() + "; it is offered for: " + there);
}

bool is_index(const RemoteDocument& document) {
  if (is_index_type(document.media_type)) return true;
  return !is_manifest_type(document.media_type) && parse_index(document.text).has_value();
}

tl::unexpected<Error> of_image(Error error, const Reference& reference) {
  return tl::unexpected(std::move(error).in("the image " + reference.familiar()));
}

struct Found {
  RemoteDocument document;
  std::string index;  // the digest of the outermost index
};

Result<Found> find_manifest(ImageSource& source, Reference reference, const Platform& platform,
                            const CancelFlag& cancel) {
  const Reference asked = reference;
  std::string index_digest;
  for (int depth = 0; depth <= kMaxIndexDepth; ++depth) {
    DRYDOCK_LET(RemoteDocument document, source.manifest(reference, cancel));
    if (!is_index(document)) return Found{std::move(document), index_digest};
    if (index_digest.empty()) index_digest = document.digest;
    auto index = parse_index(document.text);
    if (!index) return of_image(std::move(index.error()), asked);
    const auto chosen = choose_platform(index->manifests, platform);
    if (!chosen) return no_platform(asked, platform, offered(index->manifests));
    reference.digest = index->manifests[*chosen].digest;
  }
  return fail(Errc::kInvalid, "the image " + asked.familiar() +
                                  " has indexes within indexes, more than " +
                                  std::to_string(kMaxIndexDepth));
}

Result<std::string> fetch_text(ImageSource& source, const Reference& reference,
                               const Descriptor& blob, const CancelFlag& cancel) {
  if (blob.size > limits::kImageConfig)
    return fail(Errc::kInvalid, "the image " + reference.familiar() + " has a configuration of " +
                                    std::to_string(blob.size) + " bytes");
  std::string text;
  const auto take = [&](std::string_view piece) -> Status {
    if (piece.size() > blob.size - text.size())
      return fail(Errc::kInvalid, "the configuration " + blob.digest + " is longer than its " +
                                      std::to_string(blob.size) + " bytes");
    text += piece;
    return {};
  };
  DRYDOCK_TRY(source.blob(reference, blob, take, cancel));
  if ("sha256:" + sha256_hex(text) != blob.digest)
    return fail(Errc::kInvalid, "the configuration " + blob.digest +
                                    " is damaged: its content is sha256:" + sha256_hex(text));
  return text;
}

}  // namespace

Result<Resolved> resolve_image(
    ImageSource& source, const Reference& reference, const Platform& platform,
    const std::function<std::optional<std::string>(const std::string& digest)>& stored,
    const CancelFlag& cancel) {
  DRYDOCK_LET(Found found, find_manifest(source, reference, platform, cancel));
  auto manifest = parse_manifest(found.document.text);
  if (!manifest) return of_image(std::move(manifest.error()), reference);
  Resolved resolved;
  // Not what the source says of it: this is the name it will be kept under.
  const std::string digest = "sha256:" + sha256_hex(found.document.text);
  if (!found.document.digest.empty() && found.document.digest != digest)
    return fail(Errc::kInvalid, "the manifest of " + reference.familiar() + " is " + digest +
                                    ", not " + found.document.digest);
  if (auto text = stored(manifest->config.digest)) {
    resolved.config_text = std::move(*text);
  } else {
    DRYDOCK_LET(resolved.config_text, fetch_text(source, reference, manifest->config, cancel));
  }
  auto config = parse_config(resolved.config_text);
  if (!config) return of_image(std::move(config.error()), reference);
  const Platform& is = config->platform;
  if (!is.architecture.empty() &&
      (is.architecture != platform.architecture || is.os != platform.os))
    return no_platform(reference, platform, is.text());
  if (config->diff_ids.size() != manifest->layers.size())
    return fail(Errc::kInvalid, "the image " + reference.familiar() + ": the manifest has " +
                                    std::to_string(manifest->layers.size()) +
                                    " layers, the configuration " +
                                    std::to_string(config->diff_ids.size()));
  resolved.manifest_text = std::move(found.document.text);
  NewImage& image = resolved.image;
  image.names = {reference.text()};
  image.manifest_digest = digest;
  image.media_type = manifest->media_type;
  image.index_digest = std::move(found.index);
  image.config_digest = manifest->config.digest;
  image.diff_ids = std::move(config->diff_ids);
  image.layers = std::move(manifest->layers);
  return resolved;
}

}  // namespace drydock::images
