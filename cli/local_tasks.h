#pragma once
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

// The tasks of `local`: by what they are known again, and how they are listed. Pure.
namespace drydock::cli {

// Tags of a task that `local up` started.
inline constexpr const char* kLocalType = "ecs-local.task-definition-input.type";
inline constexpr const char* kLocalValue = "ecs-local.task-definition-input.value";
inline constexpr const char* kLocalFolder = "ecs-local.folder";

// A text as a tag may have it: other characters become _, and of a long one the end is kept.
std::string tag_value(const std::string& text);
// The value of a tag; empty when the task has none of that key.
std::string tag_of(const Json& task, std::string_view key);

struct LocalFilter {
  bool all = false;
  std::string file;    // an absolute path
  std::string remote;  // as it was typed now; other spellings of the same definition count, too
  std::string folder;  // when nothing else is named
};
// Those of `tasks` that `local up` started and the filter means.
std::vector<Json> local_tasks(const Json& tasks, const LocalFilter& filter);

// The rows of `local ps`, with their header.
std::vector<std::vector<std::string>> local_rows(const std::vector<Json>& tasks, Time now);
// `local ps --json`: Id, Names, Image, State, Status, Ports, Labels of each container.
Json local_json(const std::vector<Json>& tasks, Time now);

// "Up 3 minutes", "Exited (0) About an hour ago", as Docker words it.
std::string docker_status(const Json& container, Time now);
// "3 minutes", "About an hour", "Less than a second".
std::string docker_duration(Duration age);

}  // namespace drydock::cli
