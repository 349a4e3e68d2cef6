#include "taskdef/overrides.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "taskdef/fargate_sizes.h"
#include "taskdef/node.h"
#include "taskdef/shapes.h"
#include "taskdef/text.h"
#include "taskdef/validate.h"

namespace drydock::taskdef {
namespace {

constexpr std::size_t kMostCharacters = 8192;

tl::unexpected<Problem> refuse(const Node& where, std::string message) {
  return tl::unexpected(Problem{where.path(), std::string(kInvalidParameter), std::move(message)});
}

// The form of the whole, before any value is looked at.
Checked<void> check_form(const Json& overrides) {
  if (auto wrong = check_types(overrides, override_shape()); !wrong.empty())
    return tl::unexpected(std::move(wrong.front()));
  if (const std::size_t size = characters(dump_json(overrides)); size > kMostCharacters)
    return refuse(Node(overrides), fill(text::kOverridesSize, {std::to_string(size)}));
  if (auto wrong = check_members(overrides, override_shape()); !wrong.empty()) {
    wrong.front().code = kInvalidParameter;
    return tl::unexpected(std::move(wrong.front()));
  }
  return {};
}

bool names_one(const Node& list, std::string_view member, const std::string& name) {
  return std::ranges::any_of(list.items(),
                             [&](const Node& item) { return item[member].text() == name; });
}

Checked<void> check_names(const Node& document, const Node& overrides) {
  for (const Node& entry : overrides["containerOverrides"].items())
    if (const std::string name = entry["name"].text();
        !names_one(document["containerDefinitions"], "name", name))
      return refuse(entry["name"], fill(text::kOverrideContainer, {name}));
  for (const Node& entry : overrides["inferenceAcceleratorOverrides"].items())
    if (const std::string name = entry["deviceName"].text();
        !names_one(document["inferenceAccelerators"], "deviceName", name))
      return refuse(entry["deviceName"], fill(text::kOverrideAccelerator, {name}));
  return {};
}

// A number that is given; 0 is how some tools write "not set".
void set_number(Json& to, const Json& from, const char* member) {
  if (const long long value = json_int(from, member); value != 0) to[member] = value;
}

void set_any(Json& to, const Json& from, const char* member) {
  if (const Json* value = json_find(from, member)) to[member] = *value;
}

void set_text(Json& to, const Json& from, const char* member) {
  if (!json_string(from, member).empty()) to[member] = from[member];
}

void merge_environment(Json& container, const Json& entry) {
  const Json* list = json_find(entry, "environment");
  if (!list) return;
  Json merged = Json::array();
  auto replaced = [&](const Json& old) {
    return std::ranges::any_of(*list, [&](const Json& item) {
      return json_string(item, "name") == json_string(old, "name");
    });
  };
  if (const Json* before = json_find(container, "environment"))
    for (const Json& old : *before)
      if (!replaced(old)) merged.push_back(old);
  for (const Json& item : *list) merged.push_back(item);
  container["environment"] = std::move(merged);
}

void apply_to_container(Json& container, const Json& entry) {
  for (const char* member : {"command", "environmentFiles", "resourceRequirements", "cpu"})
    set_any(container, entry, member);
  for (const char* member : {"memory", "memoryReservation"}) set_number(container, entry, member);
  merge_environment(container, entry);
}

// A later entry for the same container adds to and replaces members of the earlier.
void echo_entry(Json& entries, const Json& given) {
  const std::string name = json_string(given, "name");
  for (Json& entry : entries)
    if (json_string(entry, "name") == name)
      for (const auto& [key, value] : given.items()) entry[key] = value;
}

}  // namespace

Checked<void> check_overrides(const Json& document, const Json& overrides, bool fargate) {
  if (overrides.is_null()) return {};
  DRYDOCK_TRY(check_form(overrides));
  DRYDOCK_TRY(check_names(Node(document), Node(overrides)));
  if (auto wrong = validate_run(with_overrides(document, overrides), fargate); !wrong.empty())
    return tl::unexpected(std::move(wrong.front()));
  return {};
}

Json with_overrides(const Json& document, const Json& overrides) {
  Json out = document;
  const Json given = canonical(overrides, override_shape());
  for (const char* member : {"cpu", "memory", "taskRoleArn", "executionRoleArn"})
    set_text(out, given, member);
  set_any(out, given, "ephemeralStorage");
  const auto apply = [&](const char* list, const char* to, const char* name, auto change) {
    const Json* entries = json_find(given, list);
    Json* members = json_find(out, to) ? &out[to] : nullptr;
    if (!entries || !members) return;
    for (const Json& entry : *entries)
      for (Json& member : *members)
        if (json_string(member, name) == json_string(entry, name)) change(member, entry);
  };
  apply("containerOverrides", "containerDefinitions", "name", apply_to_container);
  apply("inferenceAcceleratorOverrides", "inferenceAccelerators", "deviceName",
        [](Json& accelerator, const Json& entry) { set_text(accelerator, entry, "deviceType"); });
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
