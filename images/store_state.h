#pragma once
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>

#include "base/unique_fd.h"
#include "images/catalogue.h"
#include "images/store.h"

// Inside of the store; no header of another folder includes this.
namespace drydock::images {

// A private folder <root>/images/staging/<random>, on the store's file system. A lock says that its
// owner lives; what lies in a folder whose owner died is swept. Removed, with all in it, when it
// goes.
class Staging {
 public:
  Staging() = default;
  Staging(Staging&& other) noexcept;
  Staging& operator=(Staging&& other) noexcept;
  ~Staging();
  const std::string& path() const { return path_; }

 private:
  friend struct StagingMaker;
  std::string path_;
  UniqueFd lock_;
};

// What belongs to an image: the rest is garbage.
struct Belongings {
  std::set<std::string> blobs;   // hex names below blobs/sha256
  std::set<std::string> layers;  // folder names below layers
};

struct Store::State {
  StoreOptions options;
  std::string dir;         // <root>/images
  std::string blobs_dir;   // <dir>/blobs/sha256
  std::string layers_dir;  // <dir>/layers
  std::string holds_dir;
  std::string staging_dir;
  std::string names_file;
  // The catalogue with images that may not be on the disk yet, below the boot id it is true for:
  // the page cache outlives every process, but not the machine. Absent when names.json says it all.
  std::string unsynced_file;
  std::string boot;

  std::mutex mutex;  // everything below, and the lock file between threads
  UniqueFd lock_file;
  UniqueFd catalogue_file;  // the file `catalogue` was read from, kept open so that its inode
                            // number stays its own
  unsigned long catalogue_inode = 0;
  Catalogue catalogue;
  std::unordered_map<std::string, ImagePtr> by_text;    // as asked for
  std::unordered_map<std::string, ImagePtr> by_digest;  // manifest digest

  // All with `mutex` held.
  Status refresh();  // reads the catalogue when another process changed it
  // With the lock file held. Never waits for the data of new images: what they need to outlive a
  // crash of the machine is done by the syncer.
  Status save(const Catalogue& next);
  Status save_durable(const Catalogue& next, const Catalogue& safe);
  Result<Catalogue> read_names() const;
  Status forget_other_boots();                            // at opening, with the lock file held
  Result<ImagePtr> image(const std::string& digest);      // parsed, from by_digest or the blobs
  std::multimap<std::string, std::string> holds() const;  // manifest digest -> holder
  Result<Staging> make_staging();                         // with the lock file held
  bool sweep_staging();  // with the lock file held; whether there was anything
  // Moves blobs and layers that belong to no image, hold or running load into `trash`; returns
  // their bytes. With the lock file held; the caller deletes `trash` after letting go.
  Result<std::uint64_t> sweep(const Staging& trash);

  // The syncer's thread: brings new images to the disk, then into names.json.
  std::thread syncer;
  std::condition_variable wake_syncer;
  bool wants_sync = false;  // with `mutex`
  CancelFlag stop_syncer;
  void run_syncer();
  Status sync_once();
  ~State();

  // Replaces a file of the store at once, with the lock file held: so one temporary serves all, and
  // what a kill leaves of it the next change takes over.
  Status put(const std::string& path, std::string_view text) const;

  std::string blob_path(std::string_view digest) const;
  Result<std::string> read_blob(const std::string& digest, std::size_t limit) const;
};

// The lock file between processes, and the mutex between threads, while it lives.
class StoreLock {
 public:
  static Result<StoreLock> take(Store::State& state);
  // Without reading the catalogue.
  static Result<StoreLock> take_unread(Store::State& state);
  StoreLock(StoreLock&& other) noexcept = default;
  StoreLock& operator=(StoreLock&&) = delete;
  ~StoreLock();

 private:
  StoreLock(std::unique_lock<std::mutex> guard, int fd) : guard_(std::move(guard)), fd_(fd) {}
  std::unique_lock<std::mutex> guard_;
  int fd_;
};

// A folder in layers/ and the facts beside it, in <folder>.json, which is written last: without it
// the layer is not there.
struct LayerInfo {
  std::string diff_id;
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
};
Result<LayerInfo> read_layer_info(const std::string& layers_dir, const std::string& folder);
std::string layer_info_text(const LayerInfo& info);

// The layer folders of an image, TOP first: of repeated layers only the top one (overlay refuses
// the same folder twice, and the top one hides the others).
std::vector<std::string> layer_folders(const std::vector<std::string>& diff_ids);

// Writes and syncs, renames, syncs the folder.
Status write_file_durable(const std::string& path, std::string_view text);

}  // namespace drydock::images
