#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "images/manifest.h"
#include "images/unpack.h"

namespace drydock::images {

struct StoreOptions {
  std::string root;  // the daemon's state root: the store is <root>/images
  // A program of ours that hands argv to unpack_child_main() when argv[1] is "unpack-layer".
  std::string helper = "/proc/self/exe";
  UnpackLimits limits;
};

// An image that is whole in the store: its documents verified, all its layers unpacked. Immutable.
struct Image {
  std::string manifest_digest;  // "sha256:...": ECS imageDigest
  std::string image_id;         // digest of the configuration
  std::string media_type;       // of the manifest
  Platform platform;
  std::optional<Time> created;
  ImageConfig config;
  std::vector<Descriptor> layers;     // compressed blobs, lowest first
  std::vector<std::string> diff_ids;  // of the same layers, uncompressed
  std::vector<std::string>
      lower;               // folders below Store::layers_dir(), TOP first, as overlay wants them
  std::uint64_t size = 0;  // bytes of the unpacked layers together
};
using ImagePtr = std::shared_ptr<const Image>;

struct ImageRow {
  ImagePtr image;
  std::vector<std::string> names;  // full references, sorted; none for an image that lost its names
  Time loaded{};
  std::uint64_t unique = 0;  // bytes of layers no other image has
  std::uint64_t shared = 0;  // the rest of image->size
  bool held = false;         // a task uses it
};

struct Removed {
  std::vector<std::string> untagged;  // full references that are gone
  std::vector<std::string> deleted;   // manifest digests of images that are gone
  std::uint64_t freed = 0;            // bytes on disk given back
};

// The image store of one state root. Every method may be called from any thread, and two processes
// may have the same store open: changes are made under a lock file and by renames, readers see them
// at once. All methods block.
class Store {
 public:
  // Opens, or makes, the store, and sweeps what a killed process left half done.
  static Result<std::unique_ptr<Store>> open(StoreOptions options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // The image behind a name ("busybox", "repo:tag", "repo@sha256:..."), a manifest digest, an image
  // id, or a prefix of an id (4 hex digits or more) that is no name. kNotFound: not here, to be
  // pulled (the engine says CannotPullContainerError); kInvalid: not a name, or a prefix of several
  // ids. Warm: microseconds.
  Result<ImagePtr> find(std::string_view reference);
  // All images, newest load first.
  Result<std::vector<ImageRow>> list();
  // Bytes on disk of blobs and unpacked layers together.
  Result<std::uint64_t> total_bytes();
  // Gives the image `source` (as for find) the name `target`, taking it from another image if need
  // be.
  Status tag(std::string_view source, std::string_view target);
  // A name: takes it away; with an image's last name the image goes. An id: the image goes, all
  // names with it (more than one only with `force`). kBusy while a task holds it: `force` then
  // takes the names and the data go after release().
  Result<Removed> remove(std::string_view reference, bool force);
  // Removes unnamed images that no task holds, and every blob and layer that belongs to no image.
  Result<Removed> prune();

  // Finds (as find()) and holds in one step. A hold keeps an image's data from remove() and
  // prune(); one image a holder `id` ([A-Za-z0-9_.-], 1 to 200). Holds are files: they outlive the
  // process. After adoption call release_all_but() with the holders that still live.
  Result<ImagePtr> acquire(std::string_view id, std::string_view reference);
  // The image that `id` holds, also when its last name is gone. kNotFound when it holds none.
  Result<ImagePtr> held(std::string_view id);
  Status release(std::string_view id);  // absent is success
  Status release_all_but(const std::vector<std::string>& ids);

  // The folder the names in Image::lower are relative to.
  const std::string& layers_dir() const;
  const StoreOptions& options() const;
  // An open descriptor of a blob, for readers and for archive saving. kNotFound when absent.
  Result<UniqueFd> open_blob(std::string_view digest) const;

  struct State;  // store_state.h

 private:
  friend class Ingest;
  friend class StoreLock;
  friend struct StagingMaker;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace drydock::images
