#include "daemon/task_storage.h"

#include <memory>
#include <vector>

#include "base/files.h"
#include "metadata/storage_meter.h"
#include "volumes/plan.h"
#include "volumes/size.h"

namespace drydock::daemon {

metadata::StorageUse storage_use(volumes::Volumes& volumes, const std::string& root,
                                 const std::string& task_id, WorkerPool& workers) {
  const std::string folder = volumes::task_folder(root, task_id);
  // What is bound from elsewhere is not the task's.
  const std::string bound = volumes::bound_folder(root, task_id);
  auto count = [folder, bound](std::size_t most) {
    metadata::StorageMeter::Count all;
    for (const std::string& name : list_dir(folder)) {
      const std::string part = folder + "/" + name;
      if (part == bound) continue;
      const auto one = volumes::folder_size(part, most);
      all.bytes += one.bytes;
      all.complete = all.complete && one.complete;
    }
    return all;
  };
  const auto meter = std::make_shared<metadata::StorageMeter>(
      count, [&workers](std::function<void()> work) { workers.post(std::move(work)); });
  return [&volumes, task_id, meter] {
    if (const auto use = volumes.ephemeral().use(task_id))
      return static_cast<std::int64_t>(use->used >> 20);
    return meter->utilized_mib(std::chrono::steady_clock::now());
  };
}

}  // namespace drydock::daemon
