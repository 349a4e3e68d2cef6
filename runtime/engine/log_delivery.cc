#include "runtime/engine/log_delivery.h"

#include "base/files.h"
#include "logrouter/checkpoint.h"
#include "logrouter/firelens/router_config.h"
#include "runtime/engine/cleanup.h"
#include "runtime/engine/take_image.h"
#include "taskdef/log_options.h"

namespace drydock::runtime {
namespace {

bool is_blocking(const taskdef::LogConfiguration& log) {
  for (const taskdef::KeyValue& option : log.options)
    if (option.name == "mode") return option.value != "non-blocking";
  return true;
}

// fluentbit, fluentd, or builtin where that stands in for it.
std::string router_type(const Machine& m, const TaskSpec& spec) {
  const auto index = logrouter::router_of(spec.definition);
  if (!index) return {};
  const auto image = m.images->held(image_holder(spec.task_id, *index));
  if (image && is_builtin_router(**image)) return "builtin";
  return spec.definition.containers[*index].firelens_configuration->type;
}

// Those of the definition, with its secretOptions.
std::map<std::string, std::string> log_options(const taskdef::ContainerDefinition& c,
                                               const TaskSecretsPtr& secrets) {
  std::map<std::string, std::string> options = secret_log_options(secrets, c.name);
  for (const taskdef::KeyValue& option : c.log_configuration->options)
    options.try_emplace(option.name, option.value);
  return options;
}

}  // namespace

const logrouter::Driver* log_driver_of(const Machine& m, const TaskSpec& spec,
                                       std::size_t container) {
  const auto& log = spec.definition.containers[container].log_configuration;
  if (log && log->driver == "awslogs") return m.awslogs;
  return log ? logrouter::driver_named(log->driver) : nullptr;
}

std::optional<logrouter::Pump::Job> log_job(const Machine& m, const TaskSpec& spec,
                                            std::size_t container, const TaskSecretsPtr& secrets) {
  const logrouter::Driver* driver = log_driver_of(m, spec, container);
  if (!driver || !m.logs) return std::nullopt;
  const taskdef::ContainerDefinition& c = spec.definition.containers[container];
  logrouter::Pump::Job job;
  job.destination = driver->name;
  job.make = driver->make;
  logrouter::LogSource& s = job.source;
  s.task_id = spec.task_id;
  s.task_arn = spec.task_arn;
  s.task_definition = spec.definition.family + ":" + std::to_string(spec.definition.revision);
  s.cluster = spec.cluster_name;
  s.region = spec.region;
  s.account = spec.account;
  s.container = c.name;
  s.runtime_id = spec.container_ids.at(c.name);
  const auto image = spec.images.find(c.name);
  s.image = image == spec.images.end() ? c.image : image->second;
  s.labels = c.docker_labels;
  s.environment = c.environment;
  s.driver = c.log_configuration->driver;
  s.log_options = log_options(c, secrets);
  s.journal = m.paths.log(spec.task_id, c.name);
  s.router_socket = m.paths.router_socket(spec.task_id);
  s.router_type = router_type(m, spec);
  return job;
}

Status let_go(const Machine& m, const TaskSpec& spec, std::size_t container) {
  const taskdef::ContainerDefinition& c = spec.definition.containers[container];
  if (m.awslogs || !c.log_configuration || c.log_configuration->driver != "awslogs") return {};
  const std::string file =
      logrouter::Checkpoint::file(m.paths.log(spec.task_id, c.name), "awslogs");
  if (!exists(file)) return {};
  DRYDOCK_LET(auto checkpoint, logrouter::Checkpoint::open(file));
  return checkpoint.save(logrouter::Checkpoint::kReleased);
}

Status check_log_driver(const Machine& m, const TaskSpec& spec, std::size_t container,
                        const TaskSecretsPtr& secrets) {
  const logrouter::Driver* driver = log_driver_of(m, spec, container);
  if (!driver) return {};
  auto fits = taskdef::check_log_options(
      driver->name, log_options(spec.definition.containers[container], secrets));
  return fits ? Status()
              : tl::unexpected(std::move(fits.error()).in("failed to initialize logging driver"));
}

std::string held_by(const Machine& m, const TaskSpec& spec, std::size_t container) {
  const logrouter::Driver* driver = log_driver_of(m, spec, container);
  const taskdef::ContainerDefinition& c = spec.definition.containers[container];
  if (!driver || !m.logs || !is_blocking(*c.log_configuration)) return {};
  return logrouter::Checkpoint::file(m.paths.log(spec.task_id, c.name), std::string(driver->name));
}

}  // namespace drydock::runtime
