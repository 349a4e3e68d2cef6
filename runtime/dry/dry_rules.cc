#include "runtime/dry/dry_rules.h"

#include <algorithm>
#include <charconv>

namespace drydock::runtime {
namespace {

constexpr int kHighestCode = 255;

// "exit-after" -> "DRYDOCK_DRY_EXIT_AFTER"
std::string variable_of(std::string_view key) {
  std::string name = "DRYDOCK_DRY_";
  for (const unsigned char c : key) name += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
  return name;
}

std::optional<std::string> value_of(const taskdef::ContainerDefinition& container,
                                    std::string_view key) {
  const auto label = container.docker_labels.find("drydock.dry." + std::string(key));
  if (label != container.docker_labels.end()) return label->second;
  const std::string name = variable_of(key);
  for (const auto& one : container.environment)
    if (one.name == name) return one.value;
  return std::nullopt;
}

std::optional<int> code_in(const std::string& text) {
  int n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  const bool whole = ec == std::errc{} && end == text.data() + text.size() && !text.empty();
  return whole && n >= 0 && n <= kHighestCode ? std::optional(n) : std::nullopt;
}

}  // namespace

DryRules dry_rules(const taskdef::ContainerDefinition& container) {
  DryRules rules;
  if (const auto after = value_of(container, "exit-after"))
    if (const auto time = parse_duration(*after)) rules.exit_after = *time;
  if (const auto code = value_of(container, "exit-code"))
    rules.exit_code = code_in(*code).value_or(rules.exit_code);
  if (const auto code = value_of(container, "stop-code"))
    rules.stop_code = code_in(*code).value_or(rules.stop_code);
  rules.healthy = value_of(container, "health") != "unhealthy";
  return rules;
}

std::vector<std::string> dry_notes(const taskdef::TaskDefinition& task) {
  std::vector<std::string> notes = {
      "nothing of this task runs: the daemon is in dry mode (drydock daemon start --dry)"};
  const auto odd = [&](const taskdef::ContainerDefinition& c, std::string_view key,
                       const std::string& form) {
    notes.push_back(c.name + ": drydock.dry." + std::string(key) + " is \"" +
                    value_of(c, key).value_or("") + "\"; it must be " + form);
  };
  for (const auto& c : task.containers) {
    if (const auto v = value_of(c, "exit-after"); v && !parse_duration(*v))
      odd(c, "exit-after", "a duration like 2s");
    for (const char* const key : {"exit-code", "stop-code"})
      if (const auto v = value_of(c, key); v && !code_in(*v)) odd(c, key, "a number up to 255");
    if (const auto v = value_of(c, "health"); v && *v != "healthy" && *v != "unhealthy")
      odd(c, "health", "healthy or unhealthy");
  }
  return notes;
}

}  // namespace drydock::runtime
