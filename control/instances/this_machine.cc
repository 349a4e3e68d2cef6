#include "control/instances/this_machine.h"

#include <sys/utsname.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "runtime/bundle/metadata_file.h"

namespace drydock::control::instances {
namespace {

// Parts of a task that run here, by the names under which agents announce them (the agent's own
// list). There is no Docker: the versions of its API stand for what definitions need of them
// (taskdef/attributes.cc).
constexpr const char* kCapabilities[] = {
    "com.amazonaws.ecs.capability.docker-remote-api.1.18",
    "com.amazonaws.ecs.capability.docker-remote-api.1.21",
    "com.amazonaws.ecs.capability.ecr-auth",
    "com.amazonaws.ecs.capability.logging-driver.awsfirelens",
    "com.amazonaws.ecs.capability.logging-driver.awslogs",
    "com.amazonaws.ecs.capability.logging-driver.fluentd",
    "com.amazonaws.ecs.capability.logging-driver.gelf",
    "com.amazonaws.ecs.capability.logging-driver.journald",
    "com.amazonaws.ecs.capability.logging-driver.json-file",
    "com.amazonaws.ecs.capability.logging-driver.none",
    "com.amazonaws.ecs.capability.logging-driver.splunk",
    "com.amazonaws.ecs.capability.logging-driver.syslog",
    "com.amazonaws.ecs.capability.task-iam-role",
    "com.amazonaws.ecs.capability.task-iam-role-network-host",
    "ecs.capability.container-health-check",
    "ecs.capability.container-ordering",
    "ecs.capability.container-restart-policy",
    "ecs.capability.docker-plugin.local",
    "ecs.capability.efs",
    "ecs.capability.efsAuth",
    "ecs.capability.env-files.s3",
    "ecs.capability.execute-command",
    "ecs.capability.execution-role-awslogs",
    "ecs.capability.execution-role-ecr-pull",
    "ecs.capability.fault-injection",
    "ecs.capability.firelens.fluentbit",
    "ecs.capability.firelens.fluentd",
    "ecs.capability.firelens.options.config.file",
    "ecs.capability.firelens.options.config.s3",
    "ecs.capability.pid-ipc-namespace-sharing",
    "ecs.capability.private-registry-authentication.secretsmanager",
    "ecs.capability.secrets.asm.bootstrap.log-driver",
    "ecs.capability.secrets.asm.environment-variables",
    "ecs.capability.secrets.ssm.bootstrap.log-driver",
    "ecs.capability.secrets.ssm.environment-variables",
    "ecs.capability.task-cpu-mem-limit",
    "ecs.capability.task-eni"};

std::string processor() {
  utsname system{};
  if (::uname(&system) != 0) return "x86_64";
  const std::string machine = system.machine;
  return machine == "aarch64" ? "arm64" : machine;
}

}  // namespace

Attributes machine_attributes(const ThisMachine& machine, const std::string& zone) {
  Attributes all = {{"ecs.os-type", "linux"},
                    {"ecs.os-family", "LINUX"},
                    {"ecs.cpu-architecture", processor()},
                    {"ecs.availability-zone", zone},
                    {"ecs.instance-type", "local"}};
  for (const char* name : kCapabilities) all[name] = std::nullopt;
  if (machine.privileged) all["com.amazonaws.ecs.capability.privileged-container"] = std::nullopt;
  return all;
}

Instance machine_instance(const ThisMachine& machine, const Caller& caller,
                          const Clusters::Ref& cluster) {
  Instance i;
  i.arn = runtime::machine_instance_arn(caller.region, caller.account, cluster.name, cluster.arn);
  i.id = i.arn.substr(i.arn.rfind('/') + 1);
  i.cluster_name = cluster.name;
  i.cluster_arn = cluster.arn;
  i.region = caller.region;
  i.account = caller.account;
  constexpr std::size_t kEc2Digits = 17;
  i.ec2_id = "i-" + i.id.substr(0, kEc2Digits);
  i.registered_at = now();
  i.own = true;
  i.version_info = std::make_shared<const Json>(
      Json{{"agentVersion", runtime::kAgentVersion}, {"agentHash", runtime::kAgentHash}});
  i.resources = {machine.size.cpu_units,
                 machine.size.memory_mib,
                 {std::begin(kReservedPorts), std::end(kReservedPorts)},
                 {},
                 std::make_shared<const Json>(Json::array())};
  i.attributes = machine_attributes(machine, caller.region + "a");
  return i;
}

}  // namespace drydock::control::instances
