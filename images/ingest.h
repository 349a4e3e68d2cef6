#pragma once
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

// One load or pull: a staging folder that files are written to, then moved into the store,
// verified. Nothing is visible before commit() ends; whatever happens before leaves nothing behind.
// Used by one thread.
class Ingest {
 public:
  static Result<Ingest> begin(Store& store);
  // Where the blobs are to be written, on the store's file system.
  const std::string& files_dir() const { return files_dir_; }
  // Writes a document that has no file yet (a manifest made for a docker-archive); its path.
  Result<std::string> write_document(const std::string& name, std::string_view text);

  // Verifies all blobs, unpacks the layers the store lacks, and makes the images visible together.
  Result<std::vector<LoadedImage>> commit(const std::vector<NewImage>& images);

 private:
  Ingest(Store& store, Staging staging);
  Status pin(const std::vector<NewImage>& images);
  Status add_blobs(const std::vector<NewImage>& images);
  Status unpack_layers(const std::vector<NewImage>& images);
  Status publish(const std::vector<NewImage>& images);
  Status store_all(const std::vector<NewImage>& images);
  void undo();

  Store::State* state_;
  Staging staging_;
  std::string files_dir_;
};

// Runs job(0) ... job(count - 1) on a few threads; the error of the lowest number that failed.
Status in_parallel(std::size_t count, const std::function<Status(std::size_t)>& job);

}  // namespace drydock::images
