#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "images/registry/client.h"
#include "runtime/engine/machine.h"
#include "runtime/task_spec.h"
#include "secrets/chain.h"

// Sensitive data of tasks: `secrets`, `secretOptions` and `repositoryCredentials` of a definition.
// Worker-thread side.
namespace drydock::runtime {

// What the containers of a task are given, by their names: read once, before the first of them is
// made (firelens-and-lifecycle.md C3).
struct TaskSecrets {
  std::map<std::string, std::vector<taskdef::KeyValue>> environment;  // a log router's among them
  std::map<std::string, std::map<std::string, std::string>> log_options;
};
using TaskSecretsPtr = std::shared_ptr<const TaskSecrets>;

// Whether the definition names any.
bool needs_secrets(const taskdef::TaskDefinition& definition);

// What is to be asked for, and where each value goes. kInvalid: a valueFrom is malformed. Pure.
struct SecretUse {
  secrets::Wanted wanted;
  std::string container;
  bool log_option = false;  // of the container's log driver; else a variable
  std::string name;
};
Result<std::vector<SecretUse>> secret_uses(const taskdef::TaskDefinition& definition);

// Asks the provider chain and keeps what it gives for as long as the task is known. The error is
// the task's stoppedReason.
tl::expected<TaskSecretsPtr, std::string> fetch_task_secrets(const Machine& machine,
                                                             const TaskSpec& spec,
                                                             std::function<bool()> cancelled);
// What a daemon before this one fetched; null: nothing.
TaskSecretsPtr held_task_secrets(const Machine& machine, const TaskSpec& spec);

// The login of a container's repositoryCredentials. The error is the task's stoppedReason.
tl::expected<images::registry::Credentials, std::string> fetch_login(
    const Machine& machine, const TaskSpec& spec, const std::string& credentials_parameter,
    std::function<bool()> cancelled);

// Of one container; empty when there are none.
std::vector<taskdef::KeyValue> secret_environment(const TaskSecretsPtr& secrets,
                                                  const std::string& container);
std::map<std::string, std::string> secret_log_options(const TaskSecretsPtr& secrets,
                                                      const std::string& container);

// For Vault::hold. Pure.
std::string task_secrets_text(const TaskSecrets& secrets);
Result<TaskSecrets> parse_task_secrets(std::string_view text);

}  // namespace drydock::runtime
