#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/loop.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace drydock::runtime {

// Tells when a shim has put a record (started.json, exit.json) into a bundle folder: one inotify
// descriptor for all.
class BundleWatch {
 public:
  // `changed` is called on the loop with the key of the folder in which a file was renamed into
  // place.
  static Result<std::unique_ptr<BundleWatch>> create(
      Loop& loop, std::function<void(const std::string& key)> changed);

  // Watches `folder`; any thread. Files that are there already are not reported: look for them
  // afterwards.
  Status add(const std::string& folder, const std::string& key);
  // Ends a watch; any thread. A folder that is gone is success.
  void remove(const std::string& key);

 private:
  BundleWatch(UniqueFd fd, std::function<void(const std::string&)> changed)
      : fd_(std::move(fd)), changed_(std::move(changed)) {}
  void read();

  UniqueFd fd_;
  std::function<void(const std::string&)> changed_;
  std::mutex mutex_;
  std::map<int, std::string> keys_;
  std::map<std::string, int> watches_;
  Loop::Handle readable_;
};

}  // namespace drydock::runtime
