#pragma once
#include <string>

#include "base/loop.h"
#include "metadata/task_routes.h"
#include "volumes/volumes.h"

namespace drydock::daemon {

// What a task has in its ephemeral storage: the changes of its containers and its own volumes, not
// the images. The kernel says it of a task that is kept to a size; of others it is counted.
// `root` is "<state>/volumes"; `volumes` and `workers` must outlive the endpoint that asks.
metadata::StorageUse storage_use(volumes::Volumes& volumes, const std::string& root,
                                 const std::string& task_id, WorkerPool& workers);

}  // namespace drydock::daemon
