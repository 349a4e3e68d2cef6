#include "taskdef/validate.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "taskdef/fargate_sizes.h"
#include "taskdef/rules.h"
#include "taskdef/shapes.h"

namespace drydock::taskdef {
namespace rules {

Subject::Subject(const Json& request, const ValidateOptions& options)
    : task(request),
      containers(task["containerDefinitions"].items()),
      inference_allowed(options.allow_inference_accelerators),
      network_mode(task["networkMode"].text()),
      cpu(parse_cpu(task["cpu"].text())),
      memory_mib(parse_memory(task["memory"].text())) {
  const std::vector<std::string> required = task["requiresCompatibilities"].texts();
  fargate = options.fargate || std::ranges::find(required, "FARGATE") != required.end();
  windows = task["runtimePlatform"]["operatingSystemFamily"].text().starts_with("WINDOWS");
}

std::string name_of(const Node& container) {
  std::string name = container["name"].text();
  return name.empty() ? "?" : name;
}

bool is_identifier(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

}  // namespace rules

namespace {

// The order is the best that is known of the real one: structure first, then sizes, then Fargate,
// then details.
constexpr void (*kRules[])(rules::Subject&) = {rules::family,
                                               rules::containers_exist,
                                               rules::container_names,
                                               rules::essential,
                                               rules::unsupported_fields,
                                               rules::required_members,
                                               rules::task_size,
                                               rules::container_memory,
                                               rules::compatibilities,
                                               rules::fargate_size,
                                               rules::execution_role,
                                               rules::logging,
                                               rules::secrets,
                                               rules::fargate_task_bans,
                                               rules::fargate_container_bans,
                                               rules::size_sums,
                                               rules::container_settings,
                                               rules::network,
                                               rules::ports,
                                               rules::dependencies,
                                               rules::volumes,
                                               rules::mounts,
                                               rules::proxy,
                                               rules::task_settings,
                                               rules::tags};

constexpr void (*kRunRules[])(rules::Subject&) = {
    rules::task_size,    rules::container_memory,
    rules::fargate_size, rules::execution_role,
    rules::secrets,      rules::fargate_container_bans,
    rules::size_sums,    rules::container_settings,
    rules::task_settings};

}  // namespace

std::vector<Problem> validate(const Json& request, const ValidateOptions& options) {
  if (auto wrong = check_types(request, request_shape()); !wrong.empty()) return wrong;
  rules::Subject subject(request, options);
  for (auto rule : kRules) {
    rule(subject);
    if (subject.oversized) break;
  }
  return std::move(subject.problems);
}

std::vector<Problem> validate_run(const Json& document, bool fargate) {
  rules::Subject subject(document, {});
  subject.fargate = fargate;
  for (auto rule : kRunRules) rule(subject);
  return std::move(subject.problems);
}

}  // namespace drydock::taskdef
