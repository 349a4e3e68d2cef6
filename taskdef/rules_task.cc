#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "taskdef/dependencies.h"
#include "taskdef/rules.h"

// Dependencies between containers, the proxy, and what remains of the task level.
namespace drydock::taskdef::rules {
namespace {

constexpr std::size_t kMostPlacementConstraints = 10;
constexpr std::size_t kMostTags = 50;
constexpr std::size_t kLongestTagKey = 128;
constexpr std::size_t kLongestTagValue = 256;

void dependency(Subject& s, const std::map<std::string, Node>& by_name, const Node& dependency) {
  const std::string target = dependency["containerName"].text();
  auto found = by_name.find(target);
  if (target.empty()) return;  // reported as a missing member
  if (found == by_name.end())
    return s.add(dependency["containerName"], fill(text::kDependsUnknown, {target}));
  const std::string condition = dependency["condition"].text();
  const Node& container = found->second;
  if ((condition == "COMPLETE" || condition == "SUCCESS") && container["essential"].flag(true))
    s.add(dependency, std::string(text::kDependsEssential));
  if (condition == "HEALTHY" && !container["healthCheck"])
    s.add(dependency, std::string(text::kDependsHealthy));
}

// Everything a container waits for before it can be created or started.
std::vector<std::string> needs_of(const Node& container) {
  std::vector<std::string> needs;
  for (const Node& item : container["dependsOn"].items())
    needs.push_back(item["containerName"].text());
  for (const Node& item : container["volumesFrom"].items())
    needs.push_back(item["sourceContainer"].text());
  for (const Node& item : container["links"].items())
    needs.push_back(item.text().substr(0, item.text().find(':')));
  return needs;
}

bool is_tag_text(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) {
    return c >= 0x80 || std::isalnum(c) ||
           std::string_view(" _.:/=+-@").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

void tag(Subject& s, const Node& tag, std::set<std::string>& keys) {
  auto refuse = [&](const Node& where, std::string_view why) {
    s.add(where, fill(text::kTag, {why}), kInvalidParameter);
  };
  const std::string key = tag["key"].text();
  const std::string value = tag["value"].text();
  if (key.empty() || characters(key) > kLongestTagKey)
    refuse(tag["key"], "a key has 1 to 128 characters");
  if (characters(value) > kLongestTagValue)
    refuse(tag["value"], "a value has at most 256 characters");
  if (lower(key).starts_with("aws:"))
    refuse(tag["key"], "the prefix aws: of \"" + key + "\" is reserved");
  if (!is_tag_text(key) || !is_tag_text(value))
    refuse(tag,
           "\"" + key + "\" has characters other than letters, digits, spaces and _ . : / = + - @");
  if (!keys.insert(key).second) refuse(tag["key"], "the key \"" + key + "\" is given twice");
}

}  // namespace

void dependencies(Subject& s) {
  std::map<std::string, Node> by_name;
  std::map<std::string, std::vector<std::string>> needs;
  for (const Node& container : s.containers) {
    if (!container["name"].filled()) continue;  // reported already; it waits for nobody by name
    by_name.emplace(container["name"].text(), container);
    needs.emplace(container["name"].text(), needs_of(container));
  }
  for (const Node& container : s.containers)
    for (const Node& item : container["dependsOn"].items()) dependency(s, by_name, item);
  const std::vector<std::string> cycle = find_cycle(needs);
  if (cycle.empty()) return;
  std::string circle;
  for (const std::string& name : cycle) circle += name + " -> ";
  s.add(by_name.at(cycle[0])["dependsOn"], fill(text::kCycle, {circle + cycle[0]}));
}

void proxy(Subject& s) {
  const Node proxy = s.task["proxyConfiguration"];
  if (!proxy) return;
  if (s.network_mode != "awsvpc") s.add(proxy, std::string(text::kProxyNetwork));
  const std::string name = proxy["containerName"].text();
  const bool exists = std::ranges::any_of(
      s.containers, [&](const Node& container) { return container["name"].text() == name; });
  if (!exists) s.add(proxy["containerName"], fill(text::kProxyContainer, {name}));
  auto given = [&](std::string_view property) {
    return std::ranges::any_of(proxy["properties"].items(), [&](const Node& item) {
      return item["name"].text() == property && item["value"].filled();
    });
  };
  if (!given("ProxyIngressPort")) s.add(proxy["properties"], fill(text::kProxyPort, {"Ingress"}));
  if (!given("ProxyEgressPort")) s.add(proxy["properties"], fill(text::kProxyPort, {"Egress"}));
}

void task_settings(Subject& s) {
  const Node size = s.task["ephemeralStorage"]["sizeInGiB"];
  if (size && (size.number() < 21 || size.number() > 200))
    s.add(size,
          fill(text::kTaskSetting, {"ephemeralStorage.sizeInGiB",
                                    std::to_string(size.number()) + " is not between 21 and 200"}));
  const std::vector<std::string> required = s.task["requiresCompatibilities"].texts();
  if (size && !required.empty() && !s.fargate)
    s.add(s.task["ephemeralStorage"],
          fill(text::kTaskSetting, {"ephemeralStorage", "only Fargate tasks can have one"}));
  const Node placement = s.task["placementConstraints"];
  if (placement.items().size() > kMostPlacementConstraints)
    s.add(placement, fill(text::kTaskSetting, {"placementConstraints", "at most 10 are allowed"}));
}

void tags(Subject& s) {
  const Node list = s.task["tags"];
  if (list.items().size() > kMostTags)
    s.add(list, fill(text::kTag, {"at most 50 are allowed"}), kInvalidParameter);
  std::set<std::string> keys;
  for (const Node& item : list.items()) tag(s, item, keys);
}

}  // namespace drydock::taskdef::rules
