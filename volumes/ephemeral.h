#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"

// The ephemeral storage of tasks: one folder a task, with the changes of its containers and its own
// volumes, kept to the task's size (docs/decisions/060).
namespace drydock::volumes {

// Which tasks are kept to their size.
enum class StorageLimit {
  kAuto,    // all where the file system has project quotas, else those that name a size
  kAlways,  // all
  kNever
};

enum class LimitMeans {
  kNone,
  kProjectQuota,
  kSizedFile  // a file system in a sparse file, mounted at the task's folder
};

struct StorageSize {
  std::uint64_t bytes = 0;
  bool named = false;  // by the task definition or the run
};

// Pure.
LimitMeans limit_means(StorageLimit limit, bool named, bool has_project_quota);

struct StorageUse {
  std::uint64_t used = 0;   // bytes
  std::uint64_t limit = 0;  // bytes
};

// Thread-safe; blocks on the disk.
class Ephemeral {
 public:
  // `root` is "<state>/volumes".
  Ephemeral(std::string root, StorageLimit limit);

  // Makes the task's folder, once: what is there already stays as it is. Gives back what a person
  // should know when the task is to be kept to its size and cannot be; empty: nothing.
  std::string make(const std::string& task_id, const StorageSize& size);
  // What the kernel counts; nothing for a task that is not kept to a size.
  std::optional<StorageUse> use(const std::string& task_id) const;
  // Removes the folder with all that is in it and, when it is a file system, that. Nothing may be
  // mounted below. Absent is success.
  Status remove(const std::string& task_id);
  // How tasks are kept to their size here, for people.
  std::string description() const;

 private:
  std::string make_one(const std::string& folder, const std::string& task_id,
                       const StorageSize& size);
  Status mount_sized(const std::string& folder, std::uint64_t bytes);
  Result<std::string> template_of(std::uint64_t bytes);

  const std::string root_;
  const StorageLimit limit_;
  const bool has_project_quota_;
  std::mutex template_mutex_;
  std::mutex mutex_;
  std::set<std::string> making_;  // tasks
  std::condition_variable made_;
};

}  // namespace drydock::volumes
