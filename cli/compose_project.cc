#include "cli/compose_project.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/calling_user.h"
#include "cli/compose_input.h"
#include "cli/lookup.h"
#include "cli/project.h"
#include "taskdef/compose/compose.h"

namespace drydock::cli {
namespace {

constexpr int kTasksACall = 10;  // RunTask's

bool has_begun(const Json& task) {
  return is_stopped(task) ||
         (json_string(task, "lastStatus") == "RUNNING" && addresses_are_known(task));
}

EcsLog::Fields fields_of(const Json& task, const std::string& container) {
  return {{"container", container},
          {"desiredStatus", json_string(task, "desiredStatus")},
          {"lastStatus", json_string(task, "lastStatus")},
          {"taskDefinition", task_definition(task)}};
}

}  // namespace

ComposeProject::ComposeProject(Session& session, const ComposeOptions& options, Client client)
    : session_(session), options_(options), log_(session), client_(std::move(client)) {}
ComposeProject::~ComposeProject() = default;
ComposeProject::ComposeProject(ComposeProject&&) noexcept = default;

Result<ComposeProject> ComposeProject::open(Session& session, const ComposeOptions& options) {
  DRYDOCK_LET(taskdef::compose::Converted made, read_compose(options.source));
  for (const auto& line : note_lines(made.notes)) session.note(line);
  DRYDOCK_LET(Client client, session.connect());
  ComposeProject project(session, options, std::move(client));
  project.family_ = made.project;
  project.documents_ = {std::move(made.request), std::move(made.run)};
  project.publish_ = std::move(made.publish);
  return project;
}

const Json& ComposeProject::run() const { return documents_[1]; }

Result<std::vector<Json>> ComposeProject::tags() const {
  std::vector<Json> out;
  std::string rest = options_.tags;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string one = rest.substr(0, comma);
    rest.erase(0, comma + 1);
    const std::size_t equals = one.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(Errc::kInvalid, "--tags: \"" + one + "\" does not have the form KEY=VALUE");
    out.push_back({{"key", one.substr(0, equals)}, {"value", one.substr(equals + 1)}});
  }
  return out;
}

Result<Json> ComposeProject::definition(const std::string& name) const {
  DRYDOCK_LET(const Json answer, client_.api("DescribeTaskDefinition", {{"taskDefinition", name}}));
  const Json* found = json_find(answer, "taskDefinition");
  return found ? *found : Json::object();
}

Result<std::string> ComposeProject::newest() const {
  auto found = definition(family_);
  if (!found)
    return fail(Errc::kNotFound, "no task definition of family " + family_ +
                                     " is registered; compose create makes it");
  const std::string arn = json_string(*found, "taskDefinitionArn");
  return arn.substr(arn.rfind('/') + 1);
}

Result<std::string> ComposeProject::registered(bool always) {
  const Json& request = documents_[0];
  if (const auto known = definition(family_); known && !always) {
    if (same_definition(request, *known)) {
      const std::string arn = json_string(*known, "taskDefinitionArn");
      const std::string name = arn.substr(arn.rfind('/') + 1);
      log_.info("Using ECS task definition", {{"TaskDefinition", name}});
      return name;
    }
  }
  Json with_tags = request;
  DRYDOCK_LET(const auto all_tags, tags());
  for (const Json& tag : all_tags) with_tags["tags"].push_back(tag);
  DRYDOCK_LET(const Json answer, client_.api("RegisterTaskDefinition", with_tags));
  const std::string arn = json_string(answer["taskDefinition"], "taskDefinitionArn");
  const std::string name = arn.substr(arn.rfind('/') + 1);
  log_.info("Using ECS task definition", {{"TaskDefinition", name}});
  return name;
}

Result<std::vector<Json>> ComposeProject::tasks(const std::string& service) const {
  DRYDOCK_LET(const Json answer, client_.get("tasks?all=1"));
  EcsFilter filter{options_.cluster, service.empty() ? family_ : "", service, service.empty(),
                   options_.desired_status};
  return ecs_tasks(answer.value("tasks", Json::array()), filter);
}

Result<std::vector<Json>> ComposeProject::running() const {
  DRYDOCK_LET(auto all, tasks());
  all.erase(
      std::remove_if(all.begin(), all.end(),
                     [](const Json& t) { return json_string(t, "desiredStatus") == "STOPPED"; }),
      all.end());
  return all;
}

Status ComposeProject::start(const std::string& definition, int count, const Json& overrides) {
  Json body = {{"taskDefinition", definition},
               {"cluster", options_.cluster},
               {"publishAutomatically", true},
               {"user", calling_user()}};
  if (!overrides.empty()) body["overrides"] = overrides;
  if (const Json* network = json_find(run(), "networkConfiguration"))
    body["networkConfiguration"] = *network;
  DRYDOCK_LET(const auto all_tags, tags());
  if (!all_tags.empty()) body["tags"] = all_tags;
  if (count == 1)  // more than one cannot have the same port
    for (const auto& p : publish_) {
      body["publish"].push_back({{"container", p.container},
                                 {"hostPort", p.host_port},
                                 {"containerPort", p.container_port},
                                 {"protocol", p.protocol}});
      if (!p.address.empty()) body["publish"].back()["hostAddress"] = p.address;
    }
  std::vector<Json> begun;
  for (int left = count; left > 0; left -= kTasksACall) {
    body["count"] = std::min(left, kTasksACall);
    DRYDOCK_LET(const Json answer, client_.post("run", body));
    for (const Json& failure : answer.value("failures", Json::array()))
      return fail(Errc::kInvalid, "a task could not be placed: " + json_string(failure, "reason"));
    for (const Json& task : answer.value("tasks", Json::array())) begun.push_back(task);
  }
  for (const Json& task : begun)
    for (const auto& name : ecs_names(task))
      log_.info("Starting container...", {{"container", name}});
  for (const Json& task : begun) {
    DRYDOCK_LET(const Json now, follow(client_, task, has_begun));
    for (const auto& name : ecs_names(now))
      log_.info(is_stopped(now) ? "Stopped container..." : "Started container...",
                fields_of(now, name));
    for (const auto& line : address_lines(now)) session_.note(line);
    if (json_string(now, "stopCode") == "TaskFailedToStart")
      return fail(Errc::kInvalid,
                  "task " + task_id(now) + " did not start: " + json_string(now, "stoppedReason"));
  }
  return {};
}

Status ComposeProject::stop(const std::vector<Json>& tasks) {
  for (const Json& task : tasks) {
    for (const auto& name : ecs_names(task))
      log_.info("Stopping container...", {{"container", name}});
    DRYDOCK_TRY(client_.api("StopTask", {{"cluster", options_.cluster}, {"task", task_id(task)}}));
  }
  for (const Json& task : tasks) {
    DRYDOCK_LET(const Json now, follow(client_, task, is_stopped));
    for (const auto& name : ecs_names(now)) log_.info("Stopped container...", fields_of(now, name));
  }
  return {};
}

Status ComposeProject::create_log_groups() {
  std::set<std::string> names;
  for (const Json& c : documents_[0]["containerDefinitions"])
    if (const Json* logging = json_find(c, "logConfiguration"))
      if (const Json* options = json_find(*logging, "options"))
        if (json_string(*logging, "logDriver") == "awslogs")
          names.insert(json_string(*options, "awslogs-group"));
  names.erase("");
  for (const std::string& name : names) {
    const auto made = client_.aws("Logs_20140328.CreateLogGroup", {{"logGroupName", name}});
    if (made)
      log_.info("Created log group " + name);
    else if (made.error().message.find("ResourceAlreadyExistsException") != std::string::npos)
      log_.warn("Log group " + name + " already exists");
    else
      return tl::unexpected(made.error());
  }
  return {};
}

}  // namespace drydock::cli
