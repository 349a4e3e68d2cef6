#include "taskdef/overrides.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "taskdef/fargate_sizes.h"
#include "taskdef/node.h"
#include "taskdef/shapes.h"
#include "taskdef/text.h"

namespace drydock::taskdef {
namespace {

constexpr std::size_t kMostCharacters = 8192;

tl::unexpected<Problem> refuse(const Node& where, std::string message,
                               std::string_view code = kClientException) {
  return tl::unexpected(Problem{where.path(), std::string(code), std::move(message)});
}

// The form of the whole, before any value is looked at.
Checked<void> check_form(const Json& overrides) {
  if (auto wrong = check_types(overrides, override_shape()); !wrong.empty())
    return tl::unexpected(std::move(wrong.front()));
  if (const std::size_t size = dump_json(overrides).size(); size > kMostCharacters)
    return refuse(Node(overrides),
                  "The overrides have " + std::to_string(size) +
                      " characters of JSON; at most 8192 are allowed.",
                  kInvalidParameter);
  if (auto wrong = check_members(overrides, override_shape()); !wrong.empty()) {
    wrong.front().code = kInvalidParameter;
    return tl::unexpected(std::move(wrong.front()));
  }
  return {};
}

void merge_environment(std::vector<KeyValue>& environment, const Node& list) {
  for (const Node& item : list.items()) {
    const std::string name = item["name"].text();
    std::erase_if(environment, [&](const KeyValue& old) { return old.name == name; });
    environment.push_back({name, item["value"].text()});
  }
}

void apply_to_container(ContainerDefinition& container, const Node& entry) {
  if (const Node command = entry["command"]) container.command = command.texts();
  merge_environment(container.environment, entry["environment"]);
  if (const Node files = entry["environmentFiles"]) {
    container.environment_files.clear();
    for (const Node& file : files.items())
      container.environment_files.push_back({file["type"].text(), file["value"].text()});
  }
  if (const Node resources = entry["resourceRequirements"]) {
    container.resource_requirements.clear();
    for (const Node& resource : resources.items())
      container.resource_requirements.push_back(
          {resource["type"].text(), resource["value"].text()});
  }
  if (entry["cpu"]) container.cpu = static_cast<int>(std::max(0LL, entry["cpu"].number()));
  if (entry["memory"].number() > 0)
    container.memory_mib = static_cast<int>(entry["memory"].number());
  if (entry["memoryReservation"].number() > 0)
    container.memory_reservation_mib = static_cast<int>(entry["memoryReservation"].number());
}

Checked<void> check_memory(const TaskDefinition& definition, const ContainerDefinition& container,
                           const Node& entry) {
  const int hard = container.memory_mib.value_or(0);
  const int soft = container.memory_reservation_mib.value_or(0);
  for (std::string_view member : {"memory", "memoryReservation"})
    if (const long long mib = entry[member].number(); mib != 0 && mib < 6)
      return refuse(entry[member], fill(text::kLeastMemory, {container.name, member}));
  if (hard > 0 && soft > hard) return refuse(entry, fill(text::kReservation, {container.name}));
  if (definition.memory_mib > 0 && hard > definition.memory_mib)
    return refuse(entry, fill(text::kMemoryAboveTask, {container.name}));
  return {};
}

Checked<void> apply_containers(TaskDefinition& definition, const Node& overrides) {
  for (const Node& entry : overrides["containerOverrides"].items()) {
    const std::string name = entry["name"].text();
    auto container = std::ranges::find(definition.containers, name, &ContainerDefinition::name);
    if (container == definition.containers.end())
      return refuse(entry["name"], fill(text::kOverrideContainer, {name}), kInvalidParameter);
    apply_to_container(*container, entry);
    DRYDOCK_TRY(check_memory(definition, *container, entry));
  }
  return {};
}

Checked<void> apply_size(TaskDefinition& definition, const Node& overrides, bool fargate) {
  if (const Node cpu = overrides["cpu"]; cpu.filled()) {
    auto units = parse_cpu(cpu.text());
    if (!units) return refuse(cpu, fill(text::kTaskSize, {"cpu"}));
    definition.cpu = *units;
  }
  if (const Node memory = overrides["memory"]; memory.filled()) {
    auto mib = parse_memory(memory.text());
    if (!mib) return refuse(memory, fill(text::kTaskSize, {"memory"}));
    definition.memory_mib = *mib;
  }
  const bool windows = definition.operating_system_family.starts_with("WINDOWS");
  const bool sized = overrides["cpu"].filled() || overrides["memory"].filled();
  if (fargate && sized && !fargate_size_exists(definition.cpu, definition.memory_mib, windows))
    return refuse(overrides["memory"],
                  fill(text::kFargateSize,
                       {std::to_string(definition.cpu), std::to_string(definition.memory_mib)}));
  if (const Node size = overrides["ephemeralStorage"]["sizeInGiB"]) {
    if (size.number() < 21 || size.number() > 200)
      return refuse(
          size,
          fill(text::kTaskSetting, {"ephemeralStorage.sizeInGiB",
                                    std::to_string(size.number()) + " is not between 21 and 200"}),
          kInvalidParameter);
    definition.ephemeral_storage_gib = static_cast<int>(size.number());
  }
  return {};
}

// A later entry for the same container adds to and replaces members of the earlier.
void echo_entry(Json& entries, const Json& given) {
  const std::string name = json_string(given, "name");
  for (Json& entry : entries)
    if (json_string(entry, "name") == name)
      for (const auto& [key, value] : given.items()) entry[key] = value;
}

}  // namespace

Checked<TaskDefinition> apply_overrides(const TaskDefinition& definition, const Json& overrides,
                                        bool fargate) {
  TaskDefinition out = definition;
  if (overrides.is_null()) return out;
  DRYDOCK_TRY(check_form(overrides));
  const Node node(overrides);
  DRYDOCK_TRY(apply_size(out, node, fargate));
  DRYDOCK_TRY(apply_containers(out, node));
  if (const Node role = node["taskRoleArn"]; role.filled()) out.task_role_arn = role.text();
  if (const Node role = node["executionRoleArn"]; role.filled())
    out.execution_role_arn = role.text();
  return out;
}

Json overrides_document(const TaskDefinition& definition, const Json& overrides) {
  const Json given = canonical(overrides, override_shape());
  Json entries = Json::array();
  for (const ContainerDefinition& container : definition.containers)
    entries.push_back(Json{{"name", container.name}});
  if (const Json* list = json_find(given, "containerOverrides"))
    for (const Json& entry : *list) echo_entry(entries, entry);
  Json out = Json{{"containerOverrides", std::move(entries)}};
  if (auto cpu = parse_cpu(json_string(given, "cpu"))) out["cpu"] = std::to_string(*cpu);
  out["inferenceAcceleratorOverrides"] = Json::array();
  if (const Json* list = json_find(given, "inferenceAcceleratorOverrides"))
    out["inferenceAcceleratorOverrides"] = *list;
  if (auto memory = parse_memory(json_string(given, "memory")))
    out["memory"] = std::to_string(*memory);
  for (const char* member : {"executionRoleArn", "taskRoleArn", "ephemeralStorage"})
    if (const Json* value = json_find(given, member)) out[member] = *value;
  return out;
}

}  // namespace drydock::taskdef
