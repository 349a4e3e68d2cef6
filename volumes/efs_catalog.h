#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "volumes/efs_state.h"

namespace drydock::volumes {

// The file systems and access points that this machine knows, kept in <root>/efs.json: neither a
// reset nor a lost store forgets where data lies. Thread-safe.
class EfsCatalog {
 public:
  // `configured` holds what the daemon's configuration says; it comes before what was kept.
  // kInvalid names a damaged file.
  static Result<std::unique_ptr<EfsCatalog>> open(const std::string& root,
                                                  const EfsState& configured);

  std::shared_ptr<const EfsState> state() const;
  // Lets `change` work on a copy, which becomes the state when it is on disk.
  Status change(const std::function<Status(EfsState&)>& change);
  // Makes the file system known when it is not yet.
  Status know(const std::string& file_system);

 private:
  EfsCatalog(std::string file, EfsState configured)
      : file_(std::move(file)), configured_(std::move(configured)) {}

  const std::string file_;
  const EfsState configured_;
  mutable std::mutex mutex_;
  std::mutex change_mutex_;  // one change at a time; never taken inside mutex_
  std::shared_ptr<const EfsState> state_;
};

// Where a file system's data lies. `root` is "<state>/volumes".
std::string efs_folder(const EfsState& state, const std::string& root, const std::string& id);

}  // namespace drydock::volumes
