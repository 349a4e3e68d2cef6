#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "images/archive.h"
#include "images/store.h"
#include "images/store_state.h"

namespace drydock::images {

// An image on its way into the store: its documents, and where in the staging folder its blobs lie.
struct NewImage {
  std::vector<std::string> names;  // full references
  std::string manifest_digest;
  std::string media_type;
  std::string index_digest;  // of the index it was chosen from, or empty
  std::string config_digest;
  std::vector<Descriptor> layers;     // lowest first
  std::vector<std::string> diff_ids;  // of the same layers
  std::map<std::string, std::string>
      blobs;  // digest -> staged file (absolute path); manifest and config among them
};

// A layer folder that is to exist, and the blob it comes from.
struct WantedLayer {
  std::string folder;
  std::string diff_id;
  std::string blob;
  bool lowest() const { return folder.front() == 'b'; }
};
// By folder.
std::map<std::string, WantedLayer> wanted_layers(const NewImage& image);

// One load or pull: a staging folder that files are written to, then moved into the store,
// verified. No image is visible before publish() ends; whatever happens before leaves nothing
// behind. After pin(), the methods about single blobs and layers may be called by several threads,
// each for its own blob.
class Ingest {
 public:
  static Result<Ingest> begin(Store& store);
  Ingest(Ingest&& other) noexcept;
  Ingest& operator=(Ingest&&) = delete;
  // Where the blobs are to be written, on the store's file system.
  const std::string& files_dir() const { return files_dir_; }
  // Writes a document that has no file yet (a manifest made for a docker-archive); its path.
  Result<std::string> write_document(const std::string& name, std::string_view text);

  // Verifies all blobs, unpacks the layers the store lacks, and makes the images visible together.
  Result<std::vector<LoadedImage>> commit(const std::vector<NewImage>& images);

  // The steps of a commit, for a pull. From pin() on a sweep keeps what the store has of `images`,
  // so it comes before the first look.
  Status pin(const std::vector<NewImage>& images);
  bool has_blob(const std::string& digest) const;
  Result<bool> has_layer(const WantedLayer& layer) const;
  // Moves a file with a verified content into the store.
  Status keep_blob(const std::string& digest, const std::string& path);
  // Unpacks a blob that the store has.
  Status unpack(const WantedLayer& layer);
  // Makes the empty folder to unpack `layer` into; its path.
  Result<std::string> make_layer_dir(const WantedLayer& layer);
  // Moves that folder into the store, if what was unpacked is what was wanted.
  Status keep_layer(const WantedLayer& layer, const LayerReport& report);
  // Makes the images visible. An image that is there already gets the names. With a `holder`, it
  // holds the (last) image from the same moment on.
  Status publish(const std::vector<NewImage>& images, const std::string& holder = "");
  // The image as it was published, even if somebody removed it since.
  ImagePtr published() const { return published_; }
  // After a failure: takes away again what no other image, load or pull wants.
  void undo();
  // What is left of the ingest: whoever gets it may delete it later.
  Staging take_staging() { return std::move(staging_); }

 private:
  Ingest(Store& store, Staging staging);
  Status add_blobs(const std::vector<NewImage>& images);
  Status unpack_layers(const std::vector<NewImage>& images);
  Status store_all(const std::vector<NewImage>& images);

  Store::State* state_;
  Staging staging_;
  std::string files_dir_;
  ImagePtr published_;
  std::atomic<bool> changed_ = false;  // something was moved into the store
};

// Runs job(0) ... job(count - 1) on a few threads; the error of the lowest number that failed.
Status in_parallel(std::size_t count, const std::function<Status(std::size_t)>& job);

}  // namespace drydock::images
