#include <nlohmann/json.hpp>

#include "api/local/routes.h"
#include "api/protocol.h"
#include "api/shapes.h"
#include "base/base64.h"
#include "control/credentials_choice.h"
#include "netns/host.h"
#include "runtime/s3_objects.h"
#include "secrets/secrets_file.h"
#include "taskdef/approximations.h"
#include "taskdef/parse.h"

namespace drydock::api::local {
namespace {

using control::Answer;
using control::Caller;
using control::Control;

constexpr std::string_view kInput =
    "taskDefinition*: any, cluster: str, overrides: any, count: int, group: str, startedBy: str, "
    "tags: [Tag], "
    "images: {str:str}, publish: [PublishRequest], publishAutomatically: bool, pull: str, strict: "
    "bool, foreground: bool, user: {str:str}, objects: {str:str}, credentials: str, firelens: "
    "str, firelensLocal: bool, secrets: str, "
    "storageMib: int, volumeConfigurations: [TaskVolumeConfiguration], "
    "networkConfiguration: "
    "NetworkConfiguration";

// The run's own secrets file, as its tasks carry it: encrypted.
Answer<std::string> sealed_file(const Context& context, const Json& input) {
  if (!json_find(input, "secrets") || !context->vault) return std::string();
  const std::string text = json_string(input, "secrets");
  if (const auto file = secrets::SecretsFile::parse(text); !file)
    return control::invalid_parameter("The secrets file cannot be read: " + file.error().message);
  auto sealed = context->vault->sealer().seal(text, secrets::kRunFile);
  if (!sealed) return control::client_error(sealed.error().message);
  return base64(*sealed);
}

Answer<control::LocalRun> local_run(const Json& input) {
  control::LocalRun local;
  local.default_network = true;
  local.strict = json_bool(input, "strict");
  local.publish_automatically = json_bool(input, "publishAutomatically", true);
  if (const Json* objects = json_find(input, "objects"))
    for (const auto& [arn, file] : objects->items()) {
      const auto name = runtime::s3_object_name(arn);
      const auto path = file.get<std::string>();
      if (!name || !path.starts_with('/'))
        return control::invalid_parameter(
            "objects should have ARNs of S3 objects and absolute "
            "paths of files, and has '" +
            arn.substr(0, 200) + "'.");
      local.objects[*name] = path;
    }
  local.pull = json_string(input, "pull");
  if (const Json* user = json_find(input, "user"))
    for (const auto& [key, value] : user->items()) local.user[key] = value.get<std::string>();
  local.user.erase("uid");
  if (!local.pull.empty() && local.pull != "always" && local.pull != "missing" &&
      local.pull != "never")
    return control::invalid_parameter("pull should be one of [always,missing,never], and was '" +
                                      local.pull + "'.");
  local.firelens = json_string(input, "firelens");
  if (!local.firelens.empty() && local.firelens != "image" && local.firelens != "builtin")
    return control::invalid_parameter("firelens should be one of [image,builtin], and was '" +
                                      local.firelens.substr(0, 100) + "'.");
  local.firelens_local = json_bool(input, "firelensLocal");
  local.storage_mib = json_int(input, "storageMib");
  local.credentials = json_string(input, "credentials");
  if (!local.credentials.empty() && !control::is_credentials_mode(local.credentials))
    return control::invalid_parameter(
        "credentials should be one of [fake,profile,assume,none], or profile:NAME or assume:NAME, "
        "and was '" +
        local.credentials.substr(0, 100) + "'.");
  if (const Json* images = json_find(input, "images"))
    for (const auto& [container, image] : images->items())
      local.images[container] = image.get<std::string>();
  const Json* publish = json_find(input, "publish");
  for (const auto& p : publish ? *publish : Json::array()) {
    runtime::PublishRequest one;
    one.container = json_string(p, "container");
    one.host_port = static_cast<int>(json_int(p, "hostPort"));
    one.container_port = static_cast<int>(json_int(p, "containerPort"));
    one.protocol = json_string(p, "protocol", "tcp");
    one.host_address = json_string(p, "hostAddress", "127.0.0.1");
    if (one.host_port < 0 || one.host_port > 65535 || one.container_port < 1 ||
        one.container_port > 65535)
      return control::invalid_parameter(
          "publish: ports go from 1 to 65535 (host port 0: any), and these were " +
          std::to_string(one.host_port) + ":" + std::to_string(one.container_port) + ".");
    if (!netns::is_local_address(one.host_address))
      return control::invalid_parameter("publish: " + one.host_address.substr(0, 64) +
                                        " is no IPv4 address of this machine (ip address shows "
                                        "them); 0.0.0.0 stands for every one.");
    local.publish.push_back(std::move(one));
  }
  return local;
}

// RunTask's request out of ours.
Json run_request(const Json& input, const std::string& definition_arn, const std::string& cluster) {
  Json request = {{"taskDefinition", definition_arn}, {"cluster", cluster}};
  for (const char* key : {"overrides", "count", "group", "startedBy", "tags",
                          "networkConfiguration", "volumeConfigurations"})
    if (const Json* found = json_find(input, key)) request[key] = *found;
  return request;
}

Answer<control::TaskDefinitions::Registered> definition_of(Control& c, const Caller& caller,
                                                           const Json& given) {
  if (!given.is_string()) return c.definitions.register_or_reuse(caller, given);
  const auto found = c.definitions.find(caller, given.get<std::string>());
  if (!found)
    return control::client_error("There is no task definition '" + given.get<std::string>() +
                                 "': register it, or give a file.");
  return control::TaskDefinitions::Registered{found, false};
}

Answer<control::Clusters::Ref> cluster_of(Control& c, const Caller& caller,
                                          const std::string& name) {
  auto found = c.clusters.find(caller, name);
  if (found || name.compare(0, 4, "arn:") == 0) return found;
  if (auto made = c.clusters.create(caller, {{"clusterName", name}}); !made)
    return tl::unexpected(made.error());
  return c.clusters.find(caller, name);
}

// What runs differently here than the definition says, with the credentials that this run chose.
std::vector<std::string> approximated(const Json& document, const std::string& credentials) {
  const bool made_up = credentials.empty() || credentials == "fake";
  std::vector<std::string> lines;
  for (const auto& note : taskdef::approximations(document))
    if (made_up || note.path != "taskRoleArn")
      lines.push_back(note.path.empty() ? note.text : note.path + ": " + note.text);
  return lines;
}

// The client of a foreground run follows its tasks at once; one that has died since does not.
constexpr Duration kComesBack = std::chrono::seconds(10);

void expect_a_follower(const Context& context, const std::string& task_id) {
  context->unclaimed[task_id] =
      context->loop->after(kComesBack, [weak = std::weak_ptr(context), task_id] {
        const auto alive = weak.lock();
        if (!alive || alive->closing) return;
        alive->unclaimed.erase(task_id);
        alive->control->tasks.stop_task(task_id, client_went_away());
      });
}

// All of it, on the loop's thread.
Answer<Json> perform(Control& c, const Caller& caller, const Json& input,
                     const control::LocalRun& local) {
  const Json& given = input["taskDefinition"];
  if (!given.is_string() && !given.is_object())
    return control::invalid_parameter(
        "taskDefinition must be a document, or the name of a registered one.");
  const bool strict = json_bool(input, "strict");
  if (given.is_object() && strict) {  // before anything is registered
    const auto lines = approximated(taskdef::to_request(given), local.credentials);
    if (!lines.empty())
      return control::client_error("Refused because of --strict: " + lines.front());
  }
  DRYDOCK_LET(const auto definition, definition_of(c, caller, given));
  const auto lines = approximated(*definition.revision->document, local.credentials);
  if (strict && !lines.empty())
    return control::client_error("Refused because of --strict: " + lines.front());
  DRYDOCK_LET(const auto cluster, cluster_of(c, caller, json_string(input, "cluster", "default")));
  DRYDOCK_LET(
      const Json started,
      c.tasks.run(caller, run_request(input, definition.revision->arn, cluster.name), local));
  Json tasks = Json::array();
  for (const auto& task : started["tasks"]) {
    const std::string arn = json_string(task, "taskArn");
    tasks.push_back(c.tasks.local(arn.substr(arn.rfind('/') + 1)));
  }
  return Json{{"taskDefinitionArn", definition.revision->arn},
              {"registered", definition.registered},
              {"cluster", cluster.name},
              {"tasks", std::move(tasks)},
              {"failures", started["failures"]},
              {"approximations", lines}};
}

}  // namespace

http::Response run(const Context& context, const http::Request& request) {
  auto input = input_of(request.body);
  if (input) input = checked(kInput, *input);
  if (!input) return problem(input.error());
  auto local = local_run(*input);
  if (!local) return problem(local.error());
  auto file = sealed_file(context, *input);
  if (!file) return problem(file.error());
  local->secrets_file = std::move(*file);
  if (request.remote_uid) local->user["uid"] = std::to_string(*request.remote_uid);
  const Caller caller = caller_of(request.headers, context->defaults);
  std::shared_future<Status> saved;
  auto answer = context->loop->call([&] {
    const control::Store::Hold one_transaction(context->control->store);
    auto result = perform(*context->control, caller, *input, *local);
    if (result && json_bool(*input, "foreground"))
      for (const auto& task : (*result)["tasks"])
        expect_a_follower(context, json_string(task["local"], "id"));
    saved = context->control->store.committed();
    return result;
  });
  if (!answer) return problem(answer.error());
  if (const Status& written = saved.get(); !written) {
    context->loop->call([&] {
      for (const auto& task : (*answer)["tasks"])
        context->control->tasks.stop_task(
            json_string(task["local"], "id"),
            {"TaskFailedToStart", "The task could not be recorded on disk.", true});
      return true;
    });
    return problem(written.error());
  }
  return ok(*answer);
}

}  // namespace drydock::api::local
