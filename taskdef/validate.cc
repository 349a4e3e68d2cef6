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

std::vector<Note> remarks(const Json& request) {
  std::vector<Note> notes = unknown_members(request, request_shape());
  for (const Node& container : Node(request)["containerDefinitions"].items()) {
    const Node command = container["healthCheck"]["command"];
    const auto words = command.texts();
    if (!words.empty() && words[0] != "CMD" && words[0] != "CMD-SHELL" && words[0] != "NONE")
      notes.push_back(
          {command.path(),
           "starts with \"" + words[0] +
               "\"; ECS expects CMD or CMD-SHELL first, otherwise the check never passes"});
    if (container["startTimeout"].number() > 120)
      notes.push_back({container["startTimeout"].path(), "Fargate allows 2 to 120 seconds"});
    const Node options = container["firelensConfiguration"]["options"];
    const std::string type = options["config-file-type"].text();
    if (!type.empty() && type != "s3" && type != "file")
      notes.push_back({options["config-file-type"].path(),
                       "invalid value " + type +
                           " is specified for option config-file-type: the task will not start"});
  }
  return notes;
}

}  // namespace drydock::taskdef
