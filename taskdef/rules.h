#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "taskdef/node.h"
#include "taskdef/problem.h"
#include "taskdef/text.h"
#include "taskdef/validate.h"

// Inside of validate(): each function looks at one subject and adds what ECS would refuse. They
// assume that the JSON types are right and expect nothing else.
namespace drydock::taskdef::rules {

// Nobody reads more, and a hostile document could have a million.
inline constexpr std::size_t kMostProblems = 200;

struct Subject {
  Subject(const Json& request, const ValidateOptions& options);

  void add(const Node& where, std::string message, std::string_view code = kClientException) {
    if (problems.size() < kMostProblems)
      problems.push_back({where.path(), std::string(code), std::move(message)});
  }

  Node task;
  std::vector<Node> containers;
  bool fargate;
  bool windows;
  bool inference_allowed;
  std::string network_mode;       // "" when not given
  std::optional<int> cpu;         // task level, units
  std::optional<int> memory_mib;  // task level
  std::vector<Problem> problems;
  bool oversized = false;  // over the limits: nothing further is looked at
};

// The container's name, "?" without one.
std::string name_of(const Node& container);
// Only [A-Za-z0-9_-].
bool is_identifier(std::string_view text);

void family(Subject& s);
void containers_exist(Subject& s);
void container_names(Subject& s);
void essential(Subject& s);
void unsupported_fields(Subject& s);
void required_members(Subject& s);
void task_size(Subject& s);
void container_memory(Subject& s);
void compatibilities(Subject& s);
void fargate_size(Subject& s);
void execution_role(Subject& s);
void logging(Subject& s);
void secrets(Subject& s);
void fargate_task_bans(Subject& s);
void fargate_container_bans(Subject& s);
void size_sums(Subject& s);
void container_settings(Subject& s);
void network(Subject& s);
void ports(Subject& s);
void dependencies(Subject& s);
void volumes(Subject& s);
void mounts(Subject& s);
void proxy(Subject& s);
void task_settings(Subject& s);
void tags(Subject& s);

}  // namespace drydock::taskdef::rules
