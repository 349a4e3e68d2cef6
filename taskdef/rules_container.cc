#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "taskdef/rules.h"

// Settings of one container whose ranges and forms ECS checks on every launch type.
namespace drydock::taskdef::rules {
namespace {

constexpr std::size_t kMostEnvironmentFiles = 10;
constexpr std::size_t kMostIgnoredExitCodes = 50;

constexpr std::array<std::string_view, 39> kCapabilities = {
    "ALL",        "AUDIT_CONTROL",   "AUDIT_WRITE",      "BLOCK_SUSPEND",
    "CHOWN",      "DAC_OVERRIDE",    "DAC_READ_SEARCH",  "FOWNER",
    "FSETID",     "IPC_LOCK",        "IPC_OWNER",        "KILL",
    "LEASE",      "LINUX_IMMUTABLE", "MAC_ADMIN",        "MAC_OVERRIDE",
    "MKNOD",      "NET_ADMIN",       "NET_BIND_SERVICE", "NET_BROADCAST",
    "NET_RAW",    "SETFCAP",         "SETGID",           "SETPCAP",
    "SETUID",     "SYS_ADMIN",       "SYS_BOOT",         "SYS_CHROOT",
    "SYS_MODULE", "SYS_NICE",        "SYS_PACCT",        "SYS_PTRACE",
    "SYS_RAWIO",  "SYS_RESOURCE",    "SYS_TIME",         "SYS_TTY_CONFIG",
    "SYSLOG",     "WAKE_ALARM"};

constexpr std::array<std::string_view, 8> kIpcControls = {
    "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
    "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"};

void range(Subject& s, const Node& container, const Node& node, std::string_view member,
           long long low, long long high) {
  if (!node || (node.number() >= low && node.number() <= high)) return;
  s.add(node, fill(text::kRange, {member, name_of(container), std::to_string(node.number()),
                                  std::to_string(low), std::to_string(high)}));
}

void setting(Subject& s, const Node& container, const Node& node, std::string_view member,
             std::string_view why) {
  s.add(node, fill(text::kContainerSetting, {member, name_of(container), why}));
}

void timeouts(Subject& s, const Node& container) {
  for (const auto& [member, word] :
       {std::pair{"startTimeout", "start"}, std::pair{"stopTimeout", "stop"}})
    if (const Node node = container[member]; node && node.number() < 2)
      s.add(node, fill(text::kTimeoutLow, {word, name_of(container)}));
}

void health_check(Subject& s, const Node& container) {
  const Node check = container["healthCheck"];
  range(s, container, check["interval"], "healthCheck.interval", 5, 300);
  range(s, container, check["timeout"], "healthCheck.timeout", 2, 60);
  range(s, container, check["retries"], "healthCheck.retries", 1, 10);
  range(s, container, check["startPeriod"], "healthCheck.startPeriod", 0, 300);
}

void limits(Subject& s, const Node& container) {
  for (const Node& limit : container["ulimits"].items()) {
    const long long soft = limit["softLimit"].number();
    const long long hard = limit["hardLimit"].number();
    if (limit["softLimit"] && limit["hardLimit"] && hard != -1 && (soft > hard || soft == -1))
      setting(s, container, limit, "ulimits",
              limit["name"].text() + " has a softLimit above its hardLimit");
  }
}

void restart_policy(Subject& s, const Node& container) {
  const Node policy = container["restartPolicy"];
  range(s, container, policy["restartAttemptPeriod"], "restartPolicy.restartAttemptPeriod", 60,
        1800);
  const Node codes = policy["ignoredExitCodes"];
  if (codes.items().size() > kMostIgnoredExitCodes)
    setting(s, container, codes, "restartPolicy.ignoredExitCodes",
            "at most 50 exit codes are allowed");
}

void environment_files(Subject& s, const Node& container) {
  const Node files = container["environmentFiles"];
  if (files.items().size() > kMostEnvironmentFiles)
    setting(s, container, files, "environmentFiles", "at most 10 files are allowed");
  for (const Node& file : files.items()) {
    const std::string arn = file["value"].text();
    if (!arn.empty() && (!arn.starts_with("arn:") || arn.find(":s3:::") == std::string::npos))
      s.add(file["value"], std::string(text::kArnSyntax));
    else if (!arn.empty() && !arn.ends_with(".env"))
      setting(s, container, file["value"], "environmentFiles",
              "\"" + arn + "\" does not end in .env");
  }
}

void linux_parameters(Subject& s, const Node& container) {
  const Node parameters = container["linuxParameters"];
  for (std::string_view list : {"add", "drop"})
    for (const Node& capability : parameters["capabilities"][list].items())
      if (std::ranges::find(kCapabilities, capability.text()) == kCapabilities.end())
        setting(s, container, capability, "linuxParameters.capabilities",
                "unknown capability \"" + capability.text() + "\"");
  range(s, container, parameters["swappiness"], "linuxParameters.swappiness", 0, 100);
  for (const Node& tmpfs : parameters["tmpfs"].items())
    if (tmpfs["size"] && tmpfs["size"].number() <= 0)
      setting(s, container, tmpfs["size"], "linuxParameters.tmpfs",
              "the size must be at least 1 MiB");
}

void system_controls(Subject& s, const Node& container) {
  for (const Node& control : container["systemControls"].items()) {
    const std::string name = control["namespace"].text();
    const bool known = name.starts_with("net.") || name.starts_with("fs.mqueue.") ||
                       std::ranges::find(kIpcControls, name) != kIpcControls.end();
    if (!known)
      setting(s, container, control["namespace"], "systemControls",
              "\"" + name + "\" is neither an IPC nor a network parameter of a container");
  }
}

}  // namespace

void container_settings(Subject& s) {
  for (const Node& container : s.containers) {
    if (container["cpu"].number() < 0)
      setting(s, container, container["cpu"], "cpu", "it cannot be negative");
    timeouts(s, container);
    health_check(s, container);
    limits(s, container);
    restart_policy(s, container);
    environment_files(s, container);
    linux_parameters(s, container);
    system_controls(s, container);
    if (container["credentialSpecs"].items().size() > 1)
      setting(s, container, container["credentialSpecs"], "credentialSpecs", "only one is allowed");
  }
}

}  // namespace drydock::taskdef::rules
