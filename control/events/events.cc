#include "control/events/events.h"

#include "control/services/services.h"
#include "control/tasks.h"

namespace drydock::control {

Events::Events(Store& store, Tasks& tasks, Services& services) : tasks_(tasks), log_(store) {
  tasks_.on_each_change([this](const std::string& id) { task_changed(id); });
  services.on_news([this](const services::Service& s, const events::ServiceNews& news) {
    log_.add(
        events::service_event({s.arn, s.cluster_name, s.cluster_arn, s.region, s.account}, news));
  });
}

Status Events::restore() {
  DRYDOCK_TRY(log_.restore());
  for (const std::string& id : tasks_.ids()) told_[id] = tasks_.view(id)->version;
  return {};
}

void Events::look() {
  for (const std::string& id : tasks_.ids()) task_changed(id);
}

void Events::task_changed(const std::string& id) {
  const TaskRecord* record = tasks_.record(id);
  const auto view = record ? tasks_.view(id) : nullptr;
  if (!view) {
    told_.erase(id);
    return;
  }
  int& told = told_[id];
  if (view->version <= told) return;
  told = view->version;
  log_.add(events::task_event(*record, *view, now()));
}

void Events::forget_all() {
  told_.clear();
  log_.forget_all();
}

}  // namespace drydock::control
