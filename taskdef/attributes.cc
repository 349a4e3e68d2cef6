#include "taskdef/attributes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "taskdef/node.h"
#include "taskdef/validate.h"

namespace drydock::taskdef {
namespace {

constexpr std::string_view kPrefix = "com.amazonaws.ecs.capability.";

class Attributes {
 public:
  void add(std::string name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  std::vector<std::string> names;
};

void of_secret(Attributes& out, const std::string& from) {
  const bool manager = from.find(":secretsmanager:") != std::string::npos;
  out.add(manager ? "ecs.capability.secrets.asm.environment-variables"
                  : "ecs.capability.secrets.ssm.environment-variables");
}

void of_container(Attributes& out, const Node& container, bool execution_role) {
  const std::string driver = container["logConfiguration"]["logDriver"].text();
  if (!driver.empty()) out.add(std::string(kPrefix) + "logging-driver." + driver);
  if (driver == "awslogs" && execution_role) out.add("ecs.capability.execution-role-awslogs");
  if (container["image"].text().find(".dkr.ecr.") != std::string::npos) {
    out.add(std::string(kPrefix) + "ecr-auth");
    if (execution_role) out.add("ecs.capability.execution-role-ecr-pull");
  }
  for (const Node& secret : container["secrets"].items())
    of_secret(out, secret["valueFrom"].text());
  if (container["environmentFiles"].filled()) out.add("ecs.capability.env-files.s3");
  if (container["dependsOn"].filled()) out.add("ecs.capability.container-ordering");
  if (container["healthCheck"]) out.add("ecs.capability.container-health-check");
  if (container["repositoryCredentials"])
    out.add("ecs.capability.private-registry-authentication.secretsmanager");
  const std::string router = container["firelensConfiguration"]["type"].text();
  if (!router.empty()) out.add("ecs.capability.firelens." + router);
  if (container["privileged"].flag()) out.add(std::string(kPrefix) + "privileged-container");
  if (container["memoryReservation"].number() > 0)
    out.add(std::string(kPrefix) + "docker-remote-api.1.21");
}

}  // namespace

std::vector<std::string> compatibilities_of(const Json& request) {
  const Node task(request);
  if (task["networkMode"].text() != "awsvpc") return {"EXTERNAL", "EC2"};
  std::vector<std::string> out = {"EC2"};
  if (!task["runtimePlatform"]["operatingSystemFamily"].text().starts_with("WINDOWS"))
    out.emplace_back("MANAGED_INSTANCES");
  if (validate(request, {.fargate = true}).empty()) out.emplace_back("FARGATE");
  return out;
}

std::vector<std::string> attributes_of(const Json& document) {
  const Node task(document);
  Attributes out;
  out.add(std::string(kPrefix) + "docker-remote-api.1.18");
  if (task["networkMode"].text() == "awsvpc") out.add("ecs.capability.task-eni");
  if (task["taskRoleArn"].filled()) out.add(std::string(kPrefix) + "task-iam-role");
  if (task["pidMode"].filled() || task["ipcMode"].filled())
    out.add("ecs.capability.pid-ipc-namespace-sharing");
  for (const Node& volume : task["volumes"].items()) {
    const Node efs = volume["efsVolumeConfiguration"];
    if (efs) out.add("ecs.capability.efs");
    if (efs["authorizationConfig"]) out.add("ecs.capability.efsAuth");
  }
  for (const Node& container : task["containerDefinitions"].items())
    of_container(out, container, task["executionRoleArn"].filled());
  return std::move(out.names);
}

}  // namespace drydock::taskdef
