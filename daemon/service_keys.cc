#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/config_keys.h"
#include "daemon/service_options.h"

// The keys below "services".
namespace drydock::daemon {
namespace {

using Group = control::services::BalancingOptions::Group;

// "8080" or "8080/health".
std::optional<Group> group_of(const std::string& text) {
  Group group;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, group.port);
  if (read.ec != std::errc{} || group.port < 1 || group.port > 65535) return std::nullopt;
  group.health_path.assign(read.ptr, end);
  const auto unfit = [](char c) { return c <= ' ' || c == 127; };
  if (!group.health_path.empty() && group.health_path[0] != '/') return std::nullopt;
  if (std::any_of(group.health_path.begin(), group.health_path.end(), unfit)) return std::nullopt;
  return group;
}

}  // namespace

Status set_target_groups(Config& config, const Key& key, const Json& value) {
  if (!value.is_object()) return fail(Errc::kInvalid, "must be " + form_text(key));
  std::map<std::string, std::string> groups;
  for (const auto& [name, item] : value.items()) {
    const std::string text = item.is_number_integer() ? item.dump()
                             : item.is_string()       ? item.get<std::string>()
                                                      : "";
    if (name.empty() || !group_of(text))
      return fail(Errc::kInvalid, "maps \"" + name + "\" to " + dump_json(item) +
                                      "; it must be a port, or a port and a path like "
                                      "\"8080/health\"");
    groups[name] = text;
  }
  config.*std::get<std::map<std::string, std::string> Config::*>(key.member) = std::move(groups);
  return {};
}

control::ServicesOptions service_options(const Config& config, netns::Balancer* balancer) {
  control::ServicesOptions options;
  options.keep_inactive = config.tasks_keep_stopped;
  options.scheduler.healthy_after = config.services_healthy_after;
  options.scheduler.longest_delay =
      std::max(options.scheduler.first_delay, config.services_longest_delay);
  options.balancing.balancer = balancer;
  options.balancing.drain = config.services_drain;
  options.balancing.patience = config.services_unhealthy_after;
  for (const auto& [name, text] : config.services_target_groups)
    if (auto group = group_of(text)) options.balancing.groups[name] = std::move(*group);
  return options;
}

}  // namespace drydock::daemon
