#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "base/json.h"
#include "tests/integration/images/fake_source.h"

namespace drydock::images {

FakeSource::FakeSource(std::map<std::string, std::string> files) : files_(std::move(files)) {}

std::string FakeSource::manifest_digest() const {
  return json_string((*parse_json(files_.at("index.json")))["manifests"][0], "digest");
}

Result<RemoteDocument> FakeSource::manifest(const Reference& reference, const CancelFlag&) {
  if (!manifest_override.empty() && reference.digest.empty())
    return RemoteDocument{manifest_override, manifest_type,
                          "sha256:" + sha256_hex(manifest_override)};
  const std::string digest = manifest_digest();
  return RemoteDocument{files_.at("blobs/sha256/" + digest.substr(7)), std::string(kOciManifest),
                        digest};
}

int FakeSource::fetched(const std::string& digest) {
  const std::lock_guard guard(mutex_);
  return fetched_[digest];
}

Status FakeSource::blob(const Reference&, const Descriptor& blob, const BlobSink& sink,
                        const CancelFlag& cancel) {
  {
    const std::lock_guard guard(mutex_);
    ++fetched_[blob.digest];
  }
  const auto lie = lies.find(blob.digest);
  const std::string& data =
      lie == lies.end() ? files_.at("blobs/sha256/" + blob.digest.substr(7)) : lie->second;
  const std::string_view all = data;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = at < all.size() / 2 ? all.size() / 2 : all.size();
    if (end == all.size() && half_way) DRYDOCK_TRY(half_way(blob, cancel));
    for (; at < end;) {
      const std::size_t n = std::min<std::size_t>(100'000, end - at);
      DRYDOCK_TRY(sink(all.substr(at, n)));
      at += n;
    }
  }
  if (cancel.is_set()) return fail(Errc::kCancelled, "cancelled");
  if ("sha256:" + sha256_hex(data) != blob.digest)
    return fail(Errc::kInvalid, "the blob " + blob.digest + " came with another content");
  return {};
}

}  // namespace drydock::images
