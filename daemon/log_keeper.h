#pragma once
#include <memory>
#include <string>

#include "api/context.h"
#include "base/loop.h"
#include "runtime/engine/paths.h"

namespace drydock::daemon {

// Looks after what log streams leave on disk: removes the journals of streams that are deleted, and
// once an hour what has expired. Loop thread.
class LogKeeper {
 public:
  // `workers` must outlive it. Journals of PutLogEvents that no stream names any more are removed
  // at once.
  LogKeeper(std::shared_ptr<api::ApiContext> api, WorkerPool& workers, runtime::Paths paths,
            Duration keep);
  ~LogKeeper();

 private:
  void gone(const control::LogStream& stream);
  void remove(const std::string& folder);
  void sweep();
  void expire_later();

  std::shared_ptr<api::ApiContext> api_;
  WorkerPool& workers_;
  runtime::Paths paths_;
  Duration keep_;
  Loop::Handle hourly_;
};

}  // namespace drydock::daemon
