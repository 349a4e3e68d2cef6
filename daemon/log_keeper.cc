#include "daemon/log_keeper.h"

#include "api/logs/journals.h"
#include "api/logs/retention.h"
#include "base/files.h"
#include "base/logging.h"

namespace drydock::daemon {

LogKeeper::LogKeeper(std::shared_ptr<api::ApiContext> api, WorkerPool& workers,
                     runtime::Paths paths, Duration keep)
    : api_(std::move(api)), workers_(workers), paths_(std::move(paths)), keep_(keep) {
  api_->control->logs.on_gone([this](const control::LogStream& stream) { gone(stream); });
  sweep();
  expire_later();
}

LogKeeper::~LogKeeper() { api_->control->logs.on_gone(nullptr); }

void LogKeeper::gone(const control::LogStream& stream) {
  if (!stream.journal.empty()) remove(paths_.event_log(stream.journal));
  const auto& control = *api_->control;
  if (!stream.task_id.empty() && !control.tasks.view(stream.task_id) &&
      !control.logs.tasks().count(stream.task_id))
    remove(paths_.logs(stream.task_id));
}

void LogKeeper::remove(const std::string& folder) {
  api_->journals->forget(folder);
  workers_.post([folder] {
    if (auto done = remove_tree(folder); !done)
      log::warn("remove a log stream's journal: " + done.error().message);
  });
}

void LogKeeper::sweep() {
  const auto known = api_->control->logs.journals();
  for (const std::string& id : list_dir(paths_.event_logs()))
    if (!known.count(id)) remove(paths_.event_log(id));
}

void LogKeeper::expire_later() {
  hourly_ = api_->loop->after(std::chrono::hours(1), [this] {
    workers_.post([api = api_, keep = keep_, streams = api::logs::kept_streams(*api_)] {
      auto expired = api::logs::expired_streams(*api, streams, keep);
      if (expired.empty()) return;
      api->loop->post([api, expired = std::move(expired)] {
        for (const auto& one : expired)
          api->control->logs.expire(one.group_arn, one.readable.stream->name);
      });
    });
    expire_later();
  });
}

}  // namespace drydock::daemon
