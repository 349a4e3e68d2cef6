#include <nlohmann/json.hpp>

#include "cli/definitions.h"
#include "cli/documents.h"
#include "cli/project.h"
#include "cli/tasks.h"

namespace drydock::cli {
namespace {

Json up_tag(const std::string& project) { return {{"key", kUpTag}, {"value", project}}; }

void add_tag(Json& request, const std::string& project) {
  if (!request.contains("tags") || !request["tags"].is_array()) request["tags"] = Json::array();
  request["tags"].push_back(up_tag(project));
}

// The newest revision when it is the same, else a new one.
Result<Json> have_definition(const Client& client, const PlannedService& service,
                             const std::string& project) {
  const bool own = service.definition.empty();
  const std::string name = own ? json_string(service.document, "family") : service.definition;
  const auto there = client.api("DescribeTaskDefinition", {{"taskDefinition", name}});
  const Json* registered = there ? json_find(*there, "taskDefinition") : nullptr;
  if (!own) {
    if (!there) return tl::unexpected(there.error());
    return registered ? *registered : Json();
  }
  if (registered && json_string(*registered, "status") == "ACTIVE" &&
      same_definition(service.document, *registered))
    return *registered;
  Json request = service.document;
  add_tag(request, project);
  return register_definition(client, request);
}

// The service of that name as it is now; null: none that is ACTIVE.
Result<Json> present(const Client& client, const PlannedService& service) {
  DRYDOCK_LET(const Json answer, client.api("DescribeServices", {{"cluster", service.cluster},
                                                                 {"services", {service.name}},
                                                                 {"include", {"TAGS"}}}));
  const Json* list = json_find(answer, "services");
  for (const Json& one : list && list->is_array() ? *list : Json::array())
    if (json_string(one, "status") == "ACTIVE") return one;
  return Json();
}

Json request_of(const PlannedService& service, const Json& definition, bool exists) {
  Json request = service.request;
  request["cluster"] = service.cluster;
  request["taskDefinition"] = definition["taskDefinitionArn"];
  if (!request.contains("desiredCount") && json_string(request, "schedulingStrategy") != "DAEMON")
    request["desiredCount"] = 1;
  Json network = service_network(definition, {}, {});
  if (network.is_null())
    request.erase("networkConfiguration");
  else if (!request.contains("networkConfiguration"))
    request["networkConfiguration"] = std::move(network);
  if (exists) {  // what UpdateService does not take
    for (const char* name : {"serviceName", "launchType", "schedulingStrategy", "tags"})
      request.erase(name);
    request["service"] = service.name;
    return request;
  }
  request["serviceName"] = service.name;
  const Json* list = json_find(definition, "requiresCompatibilities");
  if (!request.contains("launchType") && !request.contains("capacityProviderStrategy"))
    request["launchType"] =
        list && list->is_array() && !list->empty() && (*list)[0] == "FARGATE" ? "FARGATE" : "EC2";
  return request;
}

Result<Json> start(Session& session, const Client& client, const PlannedService& service,
                   const std::string& project) {
  DRYDOCK_TRY(have_cluster(client, service.cluster, Json::array({up_tag(project)})));
  DRYDOCK_LET(const Json before, present(client, service));
  if (!before.is_null() && tag_of(before, kUpTag) != project)
    return fail(Errc::kExists, "service " + service.name + " in " + service.cluster +
                                   " is there already, and not of \"" + project +
                                   "\"; remove it (drydock service rm " + service.name +
                                   "), or choose its --name");
  DRYDOCK_LET(const Json definition, have_definition(client, service, project));
  Json request = request_of(service, definition, !before.is_null());
  if (before.is_null()) add_tag(request, project);
  const std::string arn = json_string(definition, "taskDefinitionArn");
  session.note("service " + service.name + " of " + arn.substr(arn.rfind('/') + 1) + " in " +
               service.cluster);
  auto answer = client.api(before.is_null() ? "CreateService" : "UpdateService", request);
  if (!answer) return tl::unexpected(std::move(answer.error()).in(service.name));
  const Json* made = json_find(*answer, "service");
  return made ? *made : Json();
}

// Where the tasks of the services are reached.
void tell_addresses(Session& session, const Client& client, const Json& services) {
  const auto answer = client.get("tasks");
  const Json* tasks = answer ? json_find(*answer, "tasks") : nullptr;
  if (!tasks) return;
  for (const Json& service : services)
    for (const Json& task : filtered_tasks(
             *tasks, {false, cluster_name(service), service_name(service), std::string()}))
      for (const auto& line : address_lines(task)) session.note(line);
}

Result<std::vector<PlannedService>> plan(Session& session, const UpOptions& options,
                                         const std::string& file) {
  DRYDOCK_LET(auto content, read_definitions(file, options.from));
  for (const auto& note : content.notes) session.note(file + ": " + note);
  for (const auto& port : content.wishes.publish)
    session.note(
        file + ": port " + std::to_string(port.host_port) +
        " of this machine is not kept for it: each task of a service gets ports of its own "
        "(drydock service ps)");
  const Json wishes = std::move(content.wishes.run);
  std::vector<std::string> notes;
  auto out = planned_services(std::move(content), options, notes);
  for (const auto& note : notes) session.note(file + ": " + note);
  if (!out) return tl::unexpected(std::move(out.error()).in(file));
  for (PlannedService& service : *out)
    for (const auto& [name, value] : wishes.items())
      if (!service.request.contains(name)) service.request[name] = value;
  return out;
}

Status up(Session& session, const UpOptions& options) {
  std::string file = options.file;
  if (file.empty()) {
    DRYDOCK_LET(file, default_task_definition());
  }
  const std::string project = options.name.empty() ? project_of(file) : options.name;
  DRYDOCK_LET(const auto services, plan(session, options, file));
  DRYDOCK_LET(const Client client, session.connect());
  Json made = Json::array();
  for (const auto& service : services) {
    DRYDOCK_LET(Json one, start(session, client, service, project));
    made.push_back(std::move(one));
  }
  if (!options.no_wait) {
    DRYDOCK_TRY(wait_for_services(session, client, made, Until::kStable, options.timeout));
    tell_addresses(session, client, made);
  }
  if (session.common.json) {
    session.print_json(Json{{"name", project}, {"services", made}});
    return {};
  }
  for (const Json& one : made) session.out.line(service_name(one));
  return {};
}

}  // namespace

int execute(Session& session, const UpOptions& options) {
  const auto done = up(session, options);
  return done ? 0 : session.failed(done.error(), exit_code_of_wait(done.error()));
}

int execute(Session& session, const ConvertOptions& options) {
  std::string file = options.file;
  if (file.empty()) {
    auto found = default_task_definition();
    if (!found) return session.failed(found.error());
    file = std::move(*found);
  }
  std::vector<std::string> notes;
  const auto chosen = chosen_definition(file, options.from, notes);
  for (const auto& note : notes) session.note(note);
  return chosen ? session.print_json(chosen->request) : session.failed(chosen.error());
}

}  // namespace drydock::cli
