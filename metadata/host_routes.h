#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/http/message.h"
#include "runtime/task_view.h"

// The metadata endpoint of tasks that have this machine's own network: one for all, as the agent's
// on an instance. Which of them a request is about is said by the id in its path, which only the
// task itself has.
namespace drydock::metadata {

// The task with network mode host whose container, or whose credentials, a request names; empty
// when there is none.
std::string host_task_of(const http::Request& request, const runtime::World& world);

// Thread-safe.
class HostTasks {
 public:
  // `stranger` answers requests that name none of the tasks.
  HostTasks(const runtime::PublishedWorld& world, http::Handler stranger)
      : world_(world), stranger_(std::move(stranger)) {}

  // `handler` is the task's metadata_handler().
  void add(const std::string& task_id, http::Handler handler);
  void remove(const std::string& task_id);
  http::Response answer(const http::Request& request);

 private:
  const runtime::PublishedWorld& world_;
  http::Handler stranger_;
  std::mutex mutex_;
  std::map<std::string, http::Handler> handlers_;
};

}  // namespace drydock::metadata
