#include "metadata/host_routes.h"

#include <algorithm>

#include "metadata/documents.h"
#include "metadata/paths.h"
#include "runtime/network_plan.h"

namespace drydock::metadata {
namespace {

struct Named {
  std::string container;    // its id
  std::string credentials;  // their id
};

Named named_by(const http::Request& request) {
  const auto all = segments(clean_path(http::percent_decode(request.path)));
  const auto at = [&](std::size_t i) { return i < all.size() ? all[i] : std::string(); };
  if (at(0) == "v1" && at(1) == "credentials")
    return {{}, http::query_value(request.query, "id").value_or("")};
  if (at(0) == "v2" && at(1) == "credentials") return {{}, at(2)};
  if (at(0) == "v3" || at(0) == "v4" || at(0) == "api") return {at(1), {}};
  return {};
}

}  // namespace

std::string host_task_of(const http::Request& request, const runtime::World& world) {
  const Named named = named_by(request);
  for (const auto& [id, task] : world.tasks) {
    if (!runtime::uses_host_network(task->spec->definition)) continue;
    const bool has_keys =
        !named.credentials.empty() && task->spec->credentials_id == named.credentials;
    if (has_keys || container_by_id(*task, named.container) != nullptr) return id;
  }
  return {};
}

void HostTasks::add(const std::string& task_id, http::Handler handler) {
  const std::lock_guard lock(mutex_);
  handlers_[task_id] = std::move(handler);
}

void HostTasks::remove(const std::string& task_id) {
  const std::lock_guard lock(mutex_);
  handlers_.erase(task_id);
}

http::Response HostTasks::answer(const http::Request& request) {
  const std::string id = host_task_of(request, *world_.get());
  http::Handler handler = stranger_;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = handlers_.find(id); found != handlers_.end()) handler = found->second;
  }
  return handler(request);
}

}  // namespace drydock::metadata
