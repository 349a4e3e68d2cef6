#include "images/layout_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "base/files.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/unique_fd.h"
#include "images/sha256.h"

namespace drydock::images {
namespace {

constexpr std::size_t kPiece = 256u << 10;
constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";

class LayoutSource final : public ImageSource {
 public:
  LayoutSource(std::string folder, UniqueFd root, Index index)
      : folder_(std::move(folder)), root_(std::move(root)), index_(std::move(index)) {}

  Result<RemoteDocument> manifest(const Reference& reference, const CancelFlag&) override {
    DRYDOCK_LET(const Descriptor entry, entry_for(reference));
    DRYDOCK_LET(const UniqueFd fd, open(entry.digest));
    DRYDOCK_LET(std::string text,
                read_file("/proc/self/fd/" + std::to_string(fd.get()), limits::kImageManifest));
    if ("sha256:" + sha256_hex(text) != entry.digest) return damaged(entry.digest);
    return RemoteDocument{std::move(text), entry.media_type, entry.digest};
  }

  Status blob(const Reference&, const Descriptor& blob, const BlobSink& sink,
              const CancelFlag& cancel) override {
    DRYDOCK_LET(const UniqueFd fd, open(blob.digest));
    std::vector<char> buffer(kPiece);
    Sha256 sha;
    for (std::uint64_t total = 0;;) {
      if (cancel.is_set()) return fail(Errc::kCancelled, "cancelled");
      const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno("read blob " + blob.digest + " in " + folder_);
      if (n == 0) {
        if (total != blob.size || "sha256:" + sha.hex() != blob.digest) return damaged(blob.digest);
        return {};
      }
      const std::string_view piece(buffer.data(), static_cast<std::size_t>(n));
      total += piece.size();
      if (total > blob.size) return damaged(blob.digest);
      sha.update(piece);
      DRYDOCK_TRY(sink(piece));
    }
  }

 private:
  Result<UniqueFd> open(const std::string& digest) const {
    auto fd = open_in_root(root_.get(), "blobs/sha256/" + digest.substr(7), O_RDONLY | O_NONBLOCK);
    if (!fd) return tl::unexpected(std::move(fd.error()).in("the OCI layout " + folder_));
    return fd;
  }
  tl::unexpected<Error> damaged(const std::string& digest) const {
    return fail(Errc::kInvalid, "the blob " + digest + " in " + folder_ +
                                    " is damaged: its size or content is not what its name says");
  }
  Result<Descriptor> entry_for(const Reference& reference) const {
    // A manifest chosen from an index further in is asked for by its digest.
    if (!reference.digest.empty()) return Descriptor{"", reference.digest, 0, {}, {}};
    std::vector<const Descriptor*> images;
    for (const Descriptor& d : index_.manifests) {
      if (is_attestation(d)) continue;
      const auto name = d.annotations.find(std::string(kRefName));
      if (name != d.annotations.end() &&
          (name->second == reference.tag || name->second == reference.text()))
        return d;
      images.push_back(&d);
    }
    if (images.size() == 1) return *images.front();
    return fail(Errc::kNotFound, "the OCI layout " + folder_ + " has no image '" + reference.tag +
                                     "' among its " + std::to_string(images.size()));
  }

  std::string folder_;
  UniqueFd root_;
  Index index_;
};

}  // namespace

Result<std::unique_ptr<ImageSource>> open_layout(const std::string& folder) {
  UniqueFd root(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return fail_errno("open " + folder);
  auto file = open_in_root(root.get(), "index.json", O_RDONLY | O_NONBLOCK);
  if (!file) return tl::unexpected(std::move(file.error()).in("not an OCI layout: " + folder));
  DRYDOCK_LET(const std::string text,
              read_file("/proc/self/fd/" + std::to_string(file->get()), limits::kImageManifest));
  auto index = parse_index(text);
  if (!index) return tl::unexpected(std::move(index.error()).in(folder + "/index.json"));
  return std::unique_ptr<ImageSource>(new LayoutSource(folder, std::move(root), std::move(*index)));
}

}  // namespace drydock::images
