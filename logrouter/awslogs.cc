#include "logrouter/awslogs.h"

namespace drydock::logrouter {

std::optional<bool> go_bool(std::string_view text) {
  for (const std::string_view word : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == word) return true;
  for (const std::string_view word : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == word) return false;
  return std::nullopt;
}

std::optional<AwsLogs> awslogs_of(const std::map<std::string, std::string>& options,
                                  const AwsLogsPlace& place) {
  const auto option = [&](const char* name) {
    const auto at = options.find(name);
    return at == options.end() ? std::string() : at->second;
  };
  AwsLogs logs;
  logs.group = option("awslogs-group");
  if (logs.group.empty()) return std::nullopt;
  logs.region = option("awslogs-region");
  if (logs.region.empty()) logs.region = place.region;
  const std::string prefix = option("awslogs-stream-prefix");
  logs.stream = !prefix.empty()             ? prefix + "/" + place.container + "/" + place.task_id
                : !place.runtime_id.empty() ? place.runtime_id
                                            : place.container + "/" + place.task_id;
  logs.datetime_format = option("awslogs-datetime-format");
  if (logs.datetime_format.empty()) logs.multiline_pattern = option("awslogs-multiline-pattern");
  logs.create_group = go_bool(option("awslogs-create-group")).value_or(false);
  return logs;
}

}  // namespace drydock::logrouter
