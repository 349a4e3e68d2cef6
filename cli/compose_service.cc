#include <algorithm>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/compose_project.h"
#include "cli/tasks.h"

// The project as a service: `compose service …`.
namespace drydock::cli {
namespace {

Result<Json> service_of(const Client& client, const std::string& cluster, const std::string& name) {
  DRYDOCK_LET(
      const Json answer,
      client.api("DescribeServices", {{"cluster", cluster}, {"services", Json::array({name})}}));
  for (const Json& one : answer.value("services", Json::array()))
    if (json_string(one, "status") == "ACTIVE") return one;
  return fail(Errc::kNotFound, "there is no service " + name + " in cluster " + cluster +
                                   "; compose service create makes it");
}

std::string primary_of(const Json& service) {
  for (const Json& one : service.value("deployments", Json::array()))
    if (json_string(one, "status") == "PRIMARY") return json_string(one, "id");
  return {};
}

// Whether its tasks are those that are wanted: as many as desired of the newest deployment run, and
// no other is left.
bool is_steady(const Json& service, const std::vector<Json>& tasks) {
  const std::string primary = primary_of(service);
  long long running = 0;
  for (const Json& task : tasks) {
    if (is_stopped(task)) continue;
    if (json_string(task, "startedBy") != primary || json_string(task, "lastStatus") != "RUNNING" ||
        json_string(task, "desiredStatus") != "RUNNING")
      return false;
    ++running;
  }
  return json_string(service, "schedulingStrategy") == "DAEMON"
             ? running > 0
             : running == json_int(service, "desiredCount");
}

Result<bool> look(const Client& client, const std::string& cluster, const std::string& name) {
  DRYDOCK_LET(const Json service, service_of(client, cluster, name));
  DRYDOCK_LET(const Json answer, client.get("tasks?all=1"));
  return is_steady(service,
                   ecs_tasks(answer.value("tasks", Json::array()), {cluster, {}, name, false, {}}));
}

// Each line of the stream says that a task has changed. The thread of a wait that takes too long is
// left behind: the program ends right after.
Status wait_until_steady(const Client& client, const std::string& cluster, const std::string& name,
                         double minutes) {
  auto outcome = std::make_shared<std::promise<Status>>();
  auto result = outcome->get_future();
  std::thread([client, cluster, name, outcome] {
    Result<bool> steady = false;
    JsonLines lines([&](const Json&) {
      steady = look(client, cluster, name);
      return steady && !*steady;
    });
    Status read = client.stream("events", [&](std::string_view data) { return lines.feed(data); });
    if (!steady) read = tl::unexpected(steady.error());
    outcome->set_value(std::move(read));
  }).detach();
  const auto longest = std::chrono::milliseconds(static_cast<long long>(minutes * 60'000));
  if (result.wait_for(longest) == std::future_status::ready) return result.get();
  return fail(Errc::kTimeout, "the service " + name + " is not steady after " +
                                  std::to_string(longest.count() / 1000) +
                                  " s; --timeout gives it more minutes");
}

void print_events(EcsLog& log, const Json& before, const Json& after) {
  const Json known = before.value("events", Json::array());
  Json fresh = after.value("events", Json::array());
  std::reverse(fresh.begin(), fresh.end());
  for (const Json& event : fresh) {
    const bool old = std::any_of(known.begin(), known.end(), [&](const Json& one) {
      return json_string(one, "id") == json_string(event, "id");
    });
    if (!old) log.info(json_string(event, "message"));
  }
}

// Waits, and tells what the service says of it. `before` is how it was.
Status settle(ComposeProject& project, const Json& before) {
  const auto& o = project.options();
  if (o.service.timeout_minutes <= 0) return {};
  Status waited =
      wait_until_steady(project.client(), o.cluster, project.family(), o.service.timeout_minutes);
  DRYDOCK_LET(const Json after, service_of(project.client(), o.cluster, project.family()));
  print_events(project.log(), before, after);
  if (!waited) return waited;
  project.log().info("ECS Service has reached a stable state",
                     {{"desiredCount", std::to_string(json_int(after, "desiredCount"))},
                      {"runningCount", std::to_string(json_int(after, "runningCount"))},
                      {"serviceName", project.family()}});
  return {};
}

// "targetGroupArn=…,containerName=…,containerPort=…"
Result<Json> target_group(const std::string& text) {
  Json out = Json::object();
  std::string rest = text;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string pair = rest.substr(0, comma);
    rest.erase(0, comma + 1);
    const std::size_t equals = pair.find('=');
    const std::string key = pair.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : pair.substr(equals + 1);
    if (key == "containerPort" && value.size() < 6 && !value.empty() &&
        value.find_first_not_of("0123456789") == std::string::npos)
      out[key] = std::stoi(value);
    else if ((key == "targetGroupArn" || key == "containerName" || key == "loadBalancerName") &&
             !value.empty())
      out[key] = value;
    else
      return fail(Errc::kInvalid, "--target-groups: \"" + text +
                                      "\" does not have the form targetGroupArn=ARN,"
                                      "containerName=NAME,containerPort=PORT");
  }
  return out;
}

Result<Json> load_balancers(const ComposeServiceOptions& s) {
  Json out = Json::array();
  for (const std::string& text : s.target_groups) {
    DRYDOCK_LET(Json one, target_group(text));
    out.push_back(std::move(one));
  }
  if (s.target_group.empty() && s.load_balancer.empty()) return out;
  Json one = {{"containerName", s.container}, {"containerPort", s.container_port}};
  if (!s.target_group.empty()) one["targetGroupArn"] = s.target_group;
  if (!s.load_balancer.empty()) one["loadBalancerName"] = s.load_balancer;
  out.push_back(std::move(one));
  return out;
}

Json deployment(const ComposeServiceOptions& s) {
  // A daemon service has at most one task a machine, at every time.
  const bool daemon = s.strategy == "DAEMON";
  return {{"maximumPercent", daemon ? 100 : s.most_percent},
          {"minimumHealthyPercent", daemon ? 0 : s.least_percent}};
}

Result<Json> create_input(const ComposeProject& project, const std::string& definition, int count) {
  const auto& o = project.options();
  Json input = {{"cluster", o.cluster},
                {"serviceName", project.family()},
                {"taskDefinition", definition},
                {"deploymentConfiguration", deployment(o.service)},
                {"enableECSManagedTags", !o.no_managed_tags}};
  input["schedulingStrategy"] = o.service.strategy.empty() ? "REPLICA" : o.service.strategy;
  if (o.service.strategy != "DAEMON") input["desiredCount"] = count;
  input["launchType"] = o.source.launch_type.empty() ? "EC2" : o.source.launch_type;
  DRYDOCK_LET(Json balancers, load_balancers(o.service));
  if (!balancers.empty()) input["loadBalancers"] = std::move(balancers);
  if (!o.service.role.empty()) input["role"] = o.service.role;
  if (o.service.grace_seconds) input["healthCheckGracePeriodSeconds"] = *o.service.grace_seconds;
  DRYDOCK_LET(const auto all_tags, project.tags());
  if (!all_tags.empty()) input["tags"] = all_tags;
  for (const auto& [key, value] : project.run().items()) input[key] = value;
  return input;
}

Status create(ComposeProject& project, int count) {
  const auto& o = project.options();
  if (o.service.discovery)
    project.log().info("Service discovery: tasks are found as " + project.family() + "." +
                       o.cluster + ".local");
  if (o.log_groups) DRYDOCK_TRY(project.create_log_groups());
  DRYDOCK_LET(const std::string definition, project.registered());
  DRYDOCK_LET(const Json input, create_input(project, definition, count));
  DRYDOCK_TRY(project.client().api("CreateCluster", {{"clusterName", o.cluster}}));
  DRYDOCK_LET(const Json made, project.client().api("CreateService", input));
  project.log().info("Created an ECS service",
                     {{"service", project.family()}, {"taskDefinition", definition}});
  return {};
}

Status update(ComposeProject& project, Json changes) {
  changes["cluster"] = project.options().cluster;
  changes["service"] = project.family();
  if (project.options().service.force) changes["forceNewDeployment"] = true;
  DRYDOCK_LET(const Json done, project.client().api("UpdateService", changes));
  return {};
}

Status up(ComposeProject& project) {
  const auto& o = project.options();
  const auto there = service_of(project.client(), o.cluster, project.family());
  if (!there) {
    DRYDOCK_TRY(create(project, 1));
    return settle(project, Json::object());
  }
  if (o.log_groups) DRYDOCK_TRY(project.create_log_groups());
  DRYDOCK_LET(const std::string definition, project.registered());
  Json changes = {{"taskDefinition", definition},
                  {"deploymentConfiguration", deployment(o.service)}};
  if (json_string(*there, "schedulingStrategy") != "DAEMON")
    changes["desiredCount"] = std::max<long long>(1, json_int(*there, "desiredCount"));
  if (const Json* network = json_find(project.run(), "networkConfiguration"))
    changes["networkConfiguration"] = *network;
  if (o.service.grace_seconds) changes["healthCheckGracePeriodSeconds"] = *o.service.grace_seconds;
  project.log().info("Updated ECS service",
                     {{"service", project.family()}, {"taskDefinition", definition}});
  DRYDOCK_TRY(update(project, std::move(changes)));
  return settle(project, *there);
}

Status set_count(ComposeProject& project, const Json& there, long long count) {
  project.log().info("Updated ECS service",
                     {{"desiredCount", std::to_string(count)}, {"service", project.family()}});
  DRYDOCK_TRY(update(project, {{"desiredCount", count}}));
  return settle(project, there);
}

Status remove(ComposeProject& project, const Json& there) {
  const auto& o = project.options();
  if (json_string(there, "schedulingStrategy") != "DAEMON" && json_int(there, "desiredCount") > 0)
    DRYDOCK_TRY(set_count(project, there, 0));
  DRYDOCK_LET(const Json done, project.client().api("DeleteService", {{"cluster", o.cluster},
                                                                      {"service", project.family()},
                                                                      {"force", true}}));
  project.log().info("Deleted ECS service", {{"service", project.family()}});
  return {};
}

}  // namespace

Status compose_service(Session& session, ComposeProject& project) {
  const auto& o = project.options();
  const std::string action = o.action.substr(std::string("service ").size());
  if (action == "create") return create(project, 0);
  if (action == "up") return up(project);
  DRYDOCK_LET(const Json there, service_of(project.client(), o.cluster, project.family()));
  if (action == "start")
    return set_count(project, there, std::max<long long>(1, json_int(there, "desiredCount")));
  if (action == "scale") return set_count(project, there, o.count);
  if (action == "stop") return set_count(project, there, 0);
  if (action == "rm") return remove(project, there);
  DRYDOCK_LET(const auto tasks, project.tasks(project.family()));
  if (session.common.json)
    session.print_json({{"tasks", tasks}});
  else
    session.out.write(ecs_table(ecs_rows(tasks)));
  return {};
}

}  // namespace drydock::cli
