#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

// The log driver awslogs: what its options say. Pure.
namespace drydock::logrouter {

// What a container's awslogs options ask for.
struct AwsLogs {
  std::string region;
  std::string group;
  std::string stream;  // "<prefix>/<container>/<task id>", without a prefix the runtime id
  std::string datetime_format;
  std::string multiline_pattern;  // empty with a datetime_format, which wins
  bool create_group = false;
};

// Whose options they are.
struct AwsLogsPlace {
  std::string container, task_id;
  std::string runtime_id;  // or empty
  std::string region;      // unless the options name one
};
// nullopt without a group.
std::optional<AwsLogs> awslogs_of(const std::map<std::string, std::string>& options,
                                  const AwsLogsPlace& place);

// As Go's strconv.ParseBool.
std::optional<bool> go_bool(std::string_view text);

}  // namespace drydock::logrouter
