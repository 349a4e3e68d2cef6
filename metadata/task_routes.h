#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/http/message.h"
#include "metadata/documents.h"
#include "metadata/stats_book.h"
#include "runtime/task_view.h"

// The routes of a task's listener by their first path element. `path` holds the elements after it.
namespace drydock::metadata {

using Path = std::vector<std::string>;

// MiB of ephemeral storage that the task uses; empty: not known.
using StorageUse = std::function<std::int64_t()>;

// What the task's use of the machine is known from.
struct Meters {
  StatsBook& stats;
  const StorageUse& storage;
};

// /v3/... and /v4/... (metadata.md 3.1, 3.2, 9.1, 9.2, 9.4). `task` is null when the engine knows
// it no more.
http::Response versioned_route(Version version, const Path& path, const runtime::TaskView* task,
                               const Meters& meters);
// /v2/... without the credentials (metadata.md 3.3, 9.3).
http::Response v2_route(const Path& path, const runtime::TaskView* task, const std::string& caller,
                        StatsBook& stats);

}  // namespace drydock::metadata
