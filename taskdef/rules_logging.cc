#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "taskdef/rules.h"

// Execution role, log drivers, FireLens, secrets.
namespace drydock::taskdef::rules {
namespace {

constexpr std::string_view kFargateDrivers = "awslogs, splunk, awsfirelens";
constexpr std::string_view kAllDrivers =
    "json-file, syslog, journald, gelf, fluentd, awslogs, splunk, awsfirelens";

bool is_ecr_image(std::string_view image) {
  const std::string_view host = image.substr(0, image.find('/'));
  return host.size() < image.size() && host.find(".dkr.ecr.") != std::string_view::npos &&
         (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"));
}

bool is_in_list(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(", "), list.size());
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 2, list.size()));
  }
  return false;
}

// Options of the driver that are given neither as an option nor as a secret.
std::string missing_options(const Node& log, const std::vector<std::string_view>& wanted) {
  std::set<std::string> given;
  for (const std::string& key : log["options"].keys()) given.insert(key);
  for (const Node& secret : log["secretOptions"].items()) given.insert(secret["name"].text());
  std::string missing;
  for (std::string_view option : wanted)
    if (!given.contains(std::string(option)))
      missing += (missing.empty() ? "" : ", ") + std::string(option);
  return missing;
}

void driver(Subject& s, const Node& log) {
  const std::string name = log["logDriver"].text();
  if (name.empty()) return;  // reported as a missing member
  const std::string_view allowed = s.fargate ? kFargateDrivers : kAllDrivers;
  if (!is_in_list(allowed, name))
    return s.add(log["logDriver"], fill(text::kLogDriver, {name, allowed}));
  std::vector<std::string_view> wanted;
  if (name == "awslogs") wanted = {"awslogs-region", "awslogs-group"};
  if (name == "awslogs" && s.fargate) wanted.push_back("awslogs-stream-prefix");
  if (name == "splunk") wanted = {"splunk-url", "splunk-token"};
  const std::string missing = missing_options(log, wanted);
  if (!missing.empty()) s.add(log["options"], fill(text::kLogOptions, {name, missing}));
}

void routers(Subject& s) {
  std::vector<Node> routers;
  const Node* client = nullptr;
  for (const Node& container : s.containers) {
    if (const Node router = container["firelensConfiguration"]) routers.push_back(router);
    if (!client && container["logConfiguration"]["logDriver"].text() == "awsfirelens")
      client = &container;
  }
  if (routers.size() > 1)
    s.add(routers[1],
          fill(text::kTaskSetting,
               {"firelensConfiguration", "only one container of a task can be the log router"}));
  if (client && routers.empty())
    s.add(
        (*client)["logConfiguration"]["logDriver"],
        fill(
            text::kContainerSetting,
            {"logConfiguration", name_of(*client),
             "log driver awsfirelens needs a container with a firelensConfiguration in the task"}));
  // Recorded: what Fargate says to a configuration file in S3.
  for (const Node& router : routers)
    if (s.fargate && router["options"]["config-file-type"].text() == "s3")
      s.add(router["options"]["config-file-type"], std::string(text::kArnSyntax));
}

bool has_secrets(const Node& container) {
  return container["secrets"].filled() || container["logConfiguration"]["secretOptions"].filled();
}

}  // namespace

void execution_role(Subject& s) {
  if (s.task["executionRoleArn"].filled()) return;
  const Node role = s.task["executionRoleArn"];
  for (const Node& container : s.containers) {
    if (s.fargate && container["logConfiguration"]["logDriver"].text() == "awslogs")
      s.add(role, fill(text::kFargateRole, {"log driver awslogs"}));
    if (s.fargate && is_ecr_image(container["image"].text()))
      s.add(role, fill(text::kFargateRole, {"ECR images"}));
    if (s.fargate && container["repositoryCredentials"])
      s.add(role, fill(text::kFargateRole, {"private registry authentication"}));
    if (has_secrets(container)) s.add(role, std::string(text::kSecretsRole));
  }
  // One message a reason is enough.
  std::set<std::string> seen;
  std::erase_if(s.problems, [&](const Problem& problem) {
    return problem.path == role.path() && !seen.insert(problem.message).second;
  });
}

void logging(Subject& s) {
  for (const Node& container : s.containers) driver(s, container["logConfiguration"]);
  routers(s);
}

void secrets(Subject& s) {
  for (const Node& container : s.containers) {
    std::set<std::string> variables;
    for (const Node& variable : container["environment"].items())
      variables.insert(variable["name"].text());
    std::set<std::string> names;
    for (const Node& secret : container["secrets"].items()) {
      const std::string name = secret["name"].text();
      if (name.empty()) continue;
      if (!names.insert(name).second) s.add(secret["name"], fill(text::kSecretTwice, {name}));
      if (variables.contains(name)) s.add(secret["name"], fill(text::kSecretIsVariable, {name}));
    }
  }
}

}  // namespace drydock::taskdef::rules
