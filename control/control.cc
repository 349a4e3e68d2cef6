#include "control/control.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "control/instances/instances.h"

namespace drydock::control {

Control::Control(Loop& loop, Store& state, TasksOptions options, LogGroupsOptions log_options,
                 ServicesOptions service_options)
    : store(state),
      settings(state),
      providers(state),
      clusters(state, settings, providers,
               [this](const std::string& arn) {
                 TaskCounts counts = tasks.counts(arn);
                 services.count(arn, counts);
                 instances->count(arn, counts);
                 return counts;
               }),
      definitions(state),
      logs(state, log_options),
      tasks(loop, state, clusters, definitions, logs, std::move(options)),
      exec(clusters, tasks),
      protection(state, clusters, tasks),
      services(loop, state, clusters, tasks, protection, std::move(service_options)),
      instances(std::make_unique<Instances>(state, clusters, tasks)),
      events(state, tasks, services),
      rules(loop, state, events.log(), tasks) {
  clusters.on_removed([this](const std::string& arn) { instances->cluster_removed(arn); });
  services.follow(*instances);
}
Control::~Control() = default;

Result<std::vector<std::shared_ptr<const runtime::TaskView>>> Control::restore() {
  DRYDOCK_TRY(settings.restore());
  DRYDOCK_TRY(providers.restore());
  DRYDOCK_TRY(clusters.restore());
  DRYDOCK_TRY(definitions.restore());
  DRYDOCK_TRY(logs.restore());
  DRYDOCK_LET(auto views, tasks.restore());
  DRYDOCK_TRY(protection.restore());
  DRYDOCK_TRY(instances->restore());
  DRYDOCK_TRY(services.restore());
  DRYDOCK_TRY(events.restore());
  DRYDOCK_TRY(rules.restore());
  return views;
}

void Control::forget_all() {
  services.forget_all();
  instances->forget_all();
  events.forget_all();
  rules.forget_all();
  exec.forget_all();
  tasks.forget_all();
  logs.forget_all();
  protection.forget_all();
  definitions.forget_all();
  clusters.forget_all();
  providers.forget_all();
  settings.forget_all();
  store.clear();
}

Answer<Json> Control::tags(const std::string& arn) const {
  const auto parsed = parse_ecs_arn(arn);
  if (!parsed) return invalid_parameter("The ARN provided is invalid.");
  if (parsed->type == "cluster") return clusters.tags(arn);
  if (parsed->type == "capacity-provider") return providers.tags(arn);
  if (parsed->type == "task-definition") return definitions.tags(arn);
  if (parsed->type == "task") return tasks.tags(arn);
  if (parsed->type == "service") return services.tags(arn);
  if (parsed->type == "container-instance") return instances->tags(arn);
  if (parsed->type == "task-set") return services.task_set_tags(arn);
  return refuse("ResourceNotFoundException", "There is no resource " + arn + ".");
}

Answer<bool> Control::tag(const std::string& arn, const Json& add,
                          const std::vector<std::string>& remove) {
  const auto parsed = parse_ecs_arn(arn);
  if (!parsed) return invalid_parameter("The ARN provided is invalid.");
  if (parsed->type == "cluster") return clusters.tag(arn, add, remove);
  if (parsed->type == "capacity-provider") return providers.tag(arn, add, remove);
  if (parsed->type == "task-definition") return definitions.tag(arn, add, remove);
  if (parsed->type == "task") return tasks.tag(arn, add, remove);
  if (parsed->type == "service") return services.tag(arn, add, remove);
  if (parsed->type == "container-instance") return instances->tag(arn, add, remove);
  if (parsed->type == "task-set") return services.tag_task_set(arn, add, remove);
  return refuse("ResourceNotFoundException", "There is no resource " + arn + ".");
}

}  // namespace drydock::control
