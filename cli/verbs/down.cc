#include <nlohmann/json.hpp>
#include <set>

#include "cli/definitions.h"
#include "cli/project.h"

// What `up` made is found by its tag and removed: services, then what only they used.
namespace drydock::cli {
namespace {

Result<Json> services_of(const Client& client, const std::string& project) {
  DRYDOCK_LET(const Json all, all_services(client, ""));
  Json own = Json::array();
  for (const Json& one : all)
    if (tag_of(one, kUpTag) == project) own.push_back(one);
  return own;
}

// "shop, stack": all that up made and is there.
Result<std::string> projects(const Client& client) {
  DRYDOCK_LET(const Json all, all_services(client, ""));
  std::set<std::string> names;
  for (const Json& one : all)
    if (auto name = tag_of(one, kUpTag); !name.empty()) names.insert(std::move(name));
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string family_of(const std::string& definition_arn) {
  const std::string name = definition_arn.substr(definition_arn.rfind('/') + 1);
  return name.substr(0, name.rfind(':'));
}

// The revisions that up registered, of the services' families.
Status deregister(const Client& client, const Json& services, const std::string& project) {
  std::set<std::string> families;
  for (const Json& one : services) families.insert(family_of(json_string(one, "taskDefinition")));
  for (const auto& family : families) {
    Json input = {{"familyPrefix", family}, {"status", "ACTIVE"}};
    for (std::string next = "first"; !next.empty();) {
      DRYDOCK_LET(const Json page, client.api("ListTaskDefinitions", input));
      const Json* arns = json_find(page, "taskDefinitionArns");
      for (const Json& arn : arns && arns->is_array() ? *arns : Json::array()) {
        if (!arn.is_string() || family_of(arn.get<std::string>()) != family) continue;
        DRYDOCK_LET(
            const Json described,
            client.api("DescribeTaskDefinition", {{"taskDefinition", arn}, {"include", {"TAGS"}}}));
        if (tag_of(described, kUpTag) == project)
          DRYDOCK_TRY(client.api("DeregisterTaskDefinition", {{"taskDefinition", arn}}));
      }
      next = json_string(page, "nextToken");
      input["nextToken"] = next;
    }
  }
  return {};
}

// Clusters that up made, once nothing is in them.
Status delete_clusters(const Client& client, const Json& services, const std::string& project) {
  std::set<std::string> arns;
  for (const Json& one : services) arns.insert(json_string(one, "clusterArn"));
  if (arns.empty()) return {};
  DRYDOCK_LET(const Json answer,
              client.api("DescribeClusters", {{"clusters", arns}, {"include", {"TAGS"}}}));
  const Json* clusters = json_find(answer, "clusters");
  for (const Json& one : clusters && clusters->is_array() ? *clusters : Json::array())
    if (tag_of(one, kUpTag) == project && json_int(one, "activeServicesCount") == 0 &&
        json_int(one, "runningTasksCount") == 0 && json_int(one, "pendingTasksCount") == 0)
      DRYDOCK_TRY(client.api("DeleteCluster", {{"cluster", json_string(one, "clusterArn")}}));
  return {};
}

Status down(Session& session, const DownOptions& options) {
  const std::string project = options.name.empty() ? project_of(options.file) : options.name;
  DRYDOCK_LET(const Client client, session.connect(Missing::kLeave));
  DRYDOCK_LET(const Json services, services_of(client, project));
  if (services.empty()) {
    DRYDOCK_LET(const std::string others, projects(client));
    session.note("nothing that up made is called \"" + project + "\"" +
                 (others.empty() ? "" : "; --name NAME takes another: " + others));
  }
  for (const Json& one : services)
    DRYDOCK_TRY(client.api(
        "DeleteService",
        {{"cluster", one["clusterArn"]}, {"service", one["serviceArn"]}, {"force", true}}));
  DRYDOCK_TRY(wait_for_services(session, client, services, Until::kInactive, options.timeout));
  DRYDOCK_TRY(deregister(client, services, project));
  DRYDOCK_TRY(delete_clusters(client, services, project));
  if (session.common.json) {
    session.print_json(Json{{"name", project}, {"services", services}});
    return {};
  }
  for (const Json& one : services) session.out.line(service_name(one));
  return {};
}

}  // namespace

int execute(Session& session, const DownOptions& options) {
  const auto done = down(session, options);
  return done ? 0 : session.failed(done.error(), exit_code_of_wait(done.error()));
}

}  // namespace drydock::cli
