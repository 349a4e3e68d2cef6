#include "control/awslogs.h"

#include <algorithm>

#include "logrouter/line_start.h"
#include "taskdef/log_options.h"

namespace drydock::control {
namespace {

using Options = std::vector<taskdef::KeyValue>;

std::string option(const Options& options, const std::string& key) {
  const auto it = std::find_if(options.begin(), options.end(),
                               [&](const taskdef::KeyValue& one) { return one.name == key; });
  return it == options.end() ? std::string() : it->value;
}

const Options* options_of(const taskdef::ContainerDefinition& container) {
  const auto& log = container.log_configuration;
  return log && log->driver == "awslogs" ? &log->options : nullptr;
}

Status check_expressions(const Options& options) {
  const std::string format = option(options, "awslogs-datetime-format");
  const std::string pattern = option(options, "awslogs-multiline-pattern");
  if (!format.empty()) {
    DRYDOCK_TRY(logrouter::LineStart::of_datetime(format));
  } else if (!pattern.empty()) {
    DRYDOCK_TRY(logrouter::LineStart::of_pattern(pattern));
  }
  return {};
}

}  // namespace

std::optional<AwsLogs> awslogs_of(const runtime::TaskSpec& spec,
                                  const taskdef::ContainerDefinition& container) {
  const Options* options = options_of(container);
  if (!options) return std::nullopt;
  std::map<std::string, std::string> by_name;
  for (const taskdef::KeyValue& one : *options) by_name[one.name] = one.value;
  const auto id = spec.container_ids.find(container.name);
  return logrouter::awslogs_of(
      by_name, {container.name, spec.task_id,
                id == spec.container_ids.end() ? std::string() : id->second, spec.region});
}

Status check_awslogs(const taskdef::ContainerDefinition& container) {
  const Options* options = options_of(container);
  if (!options) return {};
  taskdef::LogOptions by_name;
  for (const taskdef::KeyValue& one : *options) by_name[one.name] = one.value;
  DRYDOCK_TRY(taskdef::check_log_options("awslogs", by_name));
  return check_expressions(*options);
}

}  // namespace drydock::control
