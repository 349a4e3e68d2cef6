#include "runtime/engine/task_secrets.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/logging.h"
#include "images/credentials/login_secret.h"
#include "logrouter/firelens/router_config.h"

namespace drydock::runtime {
namespace {

using secrets::Wanted;

constexpr const char* kFailed =
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
    "retrieval failed: ";
constexpr const char* kNoLogin =
    "unable to retrieve secret from asm: service call has been retried 1 time(s): ";

// A log router's clients give it their secretOptions; a driver of Docker's has them itself.
bool is_routed(const taskdef::ContainerDefinition& c) {
  return c.log_configuration && c.log_configuration->driver == "awsfirelens";
}

Result<std::shared_ptr<const secrets::SecretsFile>> file_of_run(const Machine& m,
                                                                const TaskSpec& spec) {
  if (spec.secrets_file.empty()) return std::shared_ptr<const secrets::SecretsFile>();
  DRYDOCK_LET(const std::string sealed, decode_base64(spec.secrets_file));
  DRYDOCK_LET(const std::string text, m.vault->sealer().unseal(sealed, secrets::kRunFile));
  DRYDOCK_LET(secrets::SecretsFile file, secrets::SecretsFile::parse(text));
  return std::make_shared<const secrets::SecretsFile>(std::move(file));
}

Result<std::vector<std::string>> ask(const Machine& m, const TaskSpec& spec,
                                     const std::vector<Wanted>& wanted,
                                     std::function<bool()> cancelled) {
  if (!m.secrets || !m.vault) return fail(Errc::kUnsupported, "this daemon has no secrets");
  secrets::Asker asker;
  asker.place = {spec.region, spec.account};
  auto file = file_of_run(m, spec);
  if (!file) return tl::unexpected(std::move(file.error()).in("the secrets file of this run"));
  asker.file = std::move(*file);
  asker.user = spec.user;
  asker.cancelled = std::move(cancelled);
  return m.secrets->values(asker, wanted);
}

Json object_of(const std::vector<taskdef::KeyValue>& list) {
  Json out = Json::object();
  for (const auto& [name, value] : list) out[name] = value;
  return out;
}

}  // namespace

bool needs_secrets(const taskdef::TaskDefinition& definition) {
  return std::any_of(definition.containers.begin(), definition.containers.end(),
                     [](const taskdef::ContainerDefinition& c) {
                       return !c.secrets.empty() ||
                              (c.log_configuration && !c.log_configuration->secret_options.empty());
                     });
}

Result<std::vector<SecretUse>> secret_uses(const taskdef::TaskDefinition& definition) {
  std::vector<SecretUse> uses;
  const auto add = [&](const std::string& from, SecretUse use) -> Status {
    DRYDOCK_LET(use.wanted.from, secrets::parse_value_from(from));
    if (use.wanted.variable.empty()) use.wanted.variable = use.name;
    uses.push_back(std::move(use));
    return {};
  };
  for (const taskdef::ContainerDefinition& c : definition.containers) {
    for (const taskdef::Secret& secret : c.secrets)
      DRYDOCK_TRY(add(secret.value_from, {{}, c.name, false, secret.name}));
    if (!c.log_configuration || is_routed(c)) continue;
    for (const taskdef::Secret& option : c.log_configuration->secret_options)
      DRYDOCK_TRY(add(option.value_from, {{}, c.name, true, option.name}));
  }
  const auto router = logrouter::router_of(definition);
  if (!router) return uses;
  for (const logrouter::RouterSecret& secret : logrouter::router_secrets(definition))
    DRYDOCK_TRY(
        add(secret.value_from, {{}, definition.containers[*router].name, false, secret.variable}));
  return uses;
}

tl::expected<TaskSecretsPtr, std::string> fetch_task_secrets(const Machine& m, const TaskSpec& spec,
                                                             std::function<bool()> cancelled) {
  auto uses = secret_uses(spec.definition);
  if (!uses) return tl::unexpected(kFailed + uses.error().message);
  std::vector<Wanted> wanted;
  for (const SecretUse& use : *uses) wanted.push_back(use.wanted);
  auto values = ask(m, spec, wanted, std::move(cancelled));
  if (!values) return tl::unexpected(kFailed + values.error().message);
  auto out = std::make_shared<TaskSecrets>();
  for (std::size_t i = 0; i < uses->size(); ++i) {
    const SecretUse& use = (*uses)[i];
    if (use.log_option)
      out->log_options[use.container][use.name] = std::move((*values)[i]);
    else
      out->environment[use.container].push_back({use.name, std::move((*values)[i])});
  }
  // Another daemon may have to start the rest of the task, or to deliver its logs.
  if (auto held = m.vault->hold(spec.task_id, task_secrets_text(*out)); !held)
    return tl::unexpected(kFailed + ("cannot keep them: " + held.error().message));
  return out;
}

TaskSecretsPtr held_task_secrets(const Machine& m, const TaskSpec& spec) {
  if (!m.vault || !needs_secrets(spec.definition)) return nullptr;
  const auto text = m.vault->held(spec.task_id);
  if (!text) return nullptr;
  auto found = parse_task_secrets(*text);
  return found ? std::make_shared<const TaskSecrets>(std::move(*found)) : nullptr;
}

tl::expected<images::registry::Credentials, std::string> fetch_login(
    const Machine& m, const TaskSpec& spec, const std::string& credentials_parameter,
    std::function<bool()> cancelled) {
  auto from = secrets::parse_credentials_parameter(credentials_parameter);
  if (!from) return tl::unexpected(kFailed + (kNoLogin + from.error().message));
  auto values = ask(m, spec, {{std::move(*from), ""}}, std::move(cancelled));
  if (!values) return tl::unexpected(kFailed + values.error().message);
  auto login = images::credentials::login_of_secret(values->front());
  if (!login)
    return tl::unexpected(kFailed + (kNoLogin + ("the secret " + credentials_parameter +
                                                 " is no login: " + login.error().message)));
  return std::move(*login);
}

std::vector<taskdef::KeyValue> secret_environment(const TaskSecretsPtr& secrets,
                                                  const std::string& container) {
  if (!secrets) return {};
  const auto at = secrets->environment.find(container);
  return at == secrets->environment.end() ? std::vector<taskdef::KeyValue>{} : at->second;
}

std::map<std::string, std::string> secret_log_options(const TaskSecretsPtr& secrets,
                                                      const std::string& container) {
  if (!secrets) return {};
  const auto at = secrets->log_options.find(container);
  return at == secrets->log_options.end() ? std::map<std::string, std::string>{} : at->second;
}

std::string task_secrets_text(const TaskSecrets& secrets) {
  Json out = {{"environment", Json::object()}, {"logOptions", secrets.log_options}};
  for (const auto& [container, list] : secrets.environment)
    out["environment"][container] = object_of(list);
  return dump_json(out);
}

Result<TaskSecrets> parse_task_secrets(std::string_view text) {
  DRYDOCK_LET(const Json document, parse_json(text));
  TaskSecrets out;
  for (const char* part : {"environment", "logOptions"}) {
    const Json* containers = json_find(document, part);
    if (!containers || !containers->is_object())
      return fail(Errc::kInvalid, std::string("it has no member ") + part);
    for (const auto& [container, values] : containers->items())
      for (const auto& [name, value] : values.items()) {
        if (!value.is_string()) return fail(Errc::kInvalid, "a value is no text");
        if (part[0] == 'e')
          out.environment[container].push_back({name, value.get<std::string>()});
        else
          out.log_options[container][name] = value.get<std::string>();
      }
  }
  return out;
}

}  // namespace drydock::runtime
