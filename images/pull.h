#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "images/image_source.h"
#include "images/store.h"

namespace drydock::images {

enum class LayerStep { kWaiting, kHere, kDownloading, kUnpacking, kDone };

struct LayerProgress {
  std::string digest;
  LayerStep step = LayerStep::kWaiting;
  std::uint64_t bytes = 0;  // downloaded
  std::uint64_t total = 0;  // of the compressed layer
};

struct PullRequest {
  Reference reference;
  std::optional<Platform> platform;     // the host's when absent
  std::shared_ptr<ImageSource> source;  // where it comes from
  // A task's id (as for Store::acquire()) that holds the image from the moment it is there, so that
  // nothing removes it before the task has started. Empty: nobody.
  std::string holder = {};
  // Called on any thread, one call at a time, at most about ten times a second and once at the end.
  std::function<void(const std::vector<LayerProgress>&)> progress;
};

struct PullOptions {
  int layers_at_once = 4;                     // of one pull
  std::uint64_t disk_reserve = 256ull << 20;  // bytes that stay free
  double largest_ratio = 200;                 // unpacked : compressed, above 1 GiB unpacked
};

// Brings images into the store. Thread-safe; pull() blocks. The same layer wanted by several pulls
// at once is fetched and unpacked once; when the one that fetches it is cancelled or fails, another
// takes over.
class Puller {
 public:
  Puller(Store& store, PullOptions options);
  ~Puller();  // waits for pulls that run; cancel them first
  Puller(const Puller&) = delete;
  Puller& operator=(const Puller&) = delete;

  // Resolves, chooses the platform, fetches what the store lacks (hashed, decompressed and unpacked
  // while it downloads), names the image request.reference and gives it. Errors as ImageSource,
  // and: kUnsupported names the platforms that are offered; a full disk is kSystem with ENOSPC,
  // told before the download where it can be foreseen. Nothing is left of a pull that failed.
  Result<ImagePtr> pull(const PullRequest& request, const CancelFlag& cancel);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace drydock::images
