#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/limits.h"
#include "taskdef/rules.h"
#include "taskdef/shapes.h"

// What a definition consists of: family, containers, names, images, required members.
namespace drydock::taskdef::rules {
namespace {

constexpr std::size_t kMostContainers = 10;
constexpr std::size_t kLongestName = 255;
constexpr std::string_view kLongestNameText = "255";

// Up to 255 letters, digits and - _ : . / #; @ comes before a digest, which does not count.
bool is_image(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return is_identifier({&c, 1}) || std::string_view(":./#@").find(c) != std::string_view::npos;
  });
}

bool is_digest(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  return text.starts_with(kPrefix) && text.size() == kPrefix.size() + 64 &&
         text.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

void image(Subject& s, const Node& container) {
  const Node node = container["image"];
  const std::string text = node.text();
  const std::size_t at = text.find('@');
  if (text.empty())
    s.add(node, fill(text::kMissing, {"Container", "image"}));
  else if (!is_image(text) ||
           (at != std::string::npos && !is_digest(std::string_view(text).substr(at + 1))))
    s.add(node, fill(text::kCharacters, {"Container", "image"}));
  else if (std::min(at, text.size()) > kLongestName)
    s.add(node, fill(text::kTooLong, {"Container", "image", kLongestNameText}));
}

}  // namespace

void family(Subject& s) {
  const Node node = s.task["family"];
  const std::string text = node.text();
  if (text.empty()) s.add(node, std::string(text::kFamilyMissing));
  if (!is_identifier(text)) s.add(node, std::string(text::kFamilyCharacters));
  if (text.size() > kLongestName)
    s.add(node, fill(text::kTooLong, {"TaskDefinition", "family", kLongestNameText}));
}

void containers_exist(Subject& s) {
  const Node list = s.task["containerDefinitions"];
  if (s.containers.empty()) s.add(list, std::string(text::kNoContainers));
  if (s.containers.size() > kMostContainers) s.add(list, std::string(text::kTooManyContainers));
  s.oversized = s.containers.size() > kMostContainers;
  const std::size_t size = s.task ? dump_json(*s.task.value()).size() : 0;
  if (size <= limits::kTaskDefinition) return;
  s.oversized = true;
  s.add(s.task, fill(text::kDefinitionSize,
                     {std::to_string(size), std::to_string(limits::kTaskDefinition)}));
}

void container_names(Subject& s) {
  for (const Node& container : s.containers) {
    const Node node = container["name"];
    const std::string text = node.text();
    if (text.empty()) s.add(node, fill(text::kMissing, {"Container", "name"}));
    if (!is_identifier(text)) s.add(node, fill(text::kCharacters, {"Container", "name"}));
    if (text.size() > kLongestName)
      s.add(node, fill(text::kTooLong, {"Container", "name", kLongestNameText}));
    image(s, container);
  }
  std::set<std::string> seen;
  for (const Node& container : s.containers) {
    const std::string text = container["name"].text();
    if (!text.empty() && !seen.insert(text).second)
      s.add(container["name"], std::string(text::kSameName));
  }
}

void essential(Subject& s) {
  auto is_essential = [](const Node& container) { return container["essential"].flag(true); };
  if (!s.containers.empty() && std::ranges::none_of(s.containers, is_essential))
    s.add(s.task["containerDefinitions"], std::string(text::kNoEssential));
}

void unsupported_fields(Subject& s) {
  const Node node = s.task["inferenceAccelerators"];
  if (node.filled() && !s.inference_allowed)
    s.add(node, fill(text::kUnsupportedField, {"inferenceAccelerators"}));
}

void required_members(Subject& s) {
  if (!s.task) return;
  for (Problem& problem : check_members(*s.task.value(), request_shape()))
    if (problem.path != "requiresCompatibilities" &&
        !problem.path.starts_with("requiresCompatibilities["))
      s.problems.push_back(std::move(problem));
}

}  // namespace drydock::taskdef::rules
