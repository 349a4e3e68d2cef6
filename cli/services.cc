#include <nlohmann/json.hpp>

#include "cli/services.h"

#include <algorithm>

namespace drydock::cli {
namespace {

constexpr std::size_t kDescribed = 10;  // DescribeServices' limit

std::string last_part(const std::string& text) { return text.substr(text.rfind('/') + 1); }

const Json& list_of(const Json& object, const char* key) {
  static const Json kNone = Json::array();
  const Json* found = json_find(object, key);
  return found && found->is_array() ? *found : kNone;
}

// Every page of a List operation.
Result<std::vector<std::string>> listed(const Client& client, const std::string& operation,
                                        Json input, const char* key) {
  std::vector<std::string> out;
  for (;;) {
    DRYDOCK_LET(const Json page, client.api(operation, input));
    for (const Json& one : list_of(page, key))
      if (one.is_string()) out.push_back(one.get<std::string>());
    const std::string next = json_string(page, "nextToken");
    if (next.empty()) return out;
    input["nextToken"] = next;
  }
}

Status add_services(const Client& client, const std::string& cluster, Json& out) {
  DRYDOCK_LET(const auto arns, listed(client, "ListServices",
                                      {{"cluster", cluster}, {"maxResults", 100}}, "serviceArns"));
  for (std::size_t from = 0; from < arns.size(); from += kDescribed) {
    const std::vector<std::string> some(
        arns.begin() + static_cast<std::ptrdiff_t>(from),
        arns.begin() + static_cast<std::ptrdiff_t>(std::min(from + kDescribed, arns.size())));
    DRYDOCK_LET(const Json answer,
                client.api("DescribeServices",
                           {{"cluster", cluster}, {"services", some}, {"include", {"TAGS"}}}));
    for (const Json& one : list_of(answer, "services")) out.push_back(one);
  }
  return {};
}

const Json* primary(const Json& service) {
  for (const Json& d : list_of(service, "deployments"))
    if (json_string(d, "status") == "PRIMARY") return &d;
  return nullptr;
}

}  // namespace

Result<Json> all_services(const Client& client, const std::string& cluster) {
  Json out = Json::array();
  std::vector<std::string> clusters = {cluster};
  if (cluster.empty()) {
    DRYDOCK_LET(clusters, listed(client, "ListClusters", {{"maxResults", 100}}, "clusterArns"));
  }
  for (const auto& one : clusters) DRYDOCK_TRY(add_services(client, one, out));
  std::sort(out.begin(), out.end(), [](const Json& a, const Json& b) {
    return json_string(a, "serviceArn") < json_string(b, "serviceArn");
  });
  return out;
}

std::string service_name(const Json& service) { return json_string(service, "serviceName"); }

std::string cluster_name(const Json& service) {
  return last_part(json_string(service, "clusterArn"));
}

Result<Json> find_service(const Json& services, const std::string& name) {
  std::vector<const Json*> exact, begun;
  for (const Json& one : services) {
    if (json_string(one, "serviceArn") == name || service_name(one) == name) exact.push_back(&one);
    if (!name.empty() && service_name(one).starts_with(name)) begun.push_back(&one);
  }
  const auto& found = exact.empty() ? begun : exact;
  if (found.size() == 1) return *found.front();
  if (found.empty())
    return fail(Errc::kNotFound, "no service is called \"" + name + "\"; see drydock service ls");
  std::string list;
  for (const Json* one : found) list += "\n  " + service_name(*one) + "  in " + cluster_name(*one);
  return fail(Errc::kInvalid, "\"" + name + "\" means " + std::to_string(found.size()) +
                                  " services; write the whole name, or --cluster:" + list);
}

std::vector<std::vector<std::string>> service_rows(const Json& services) {
  std::vector<std::vector<std::string>> rows = {{"SERVICE", "CLUSTER", "STATUS", "DESIRED",
                                                 "RUNNING", "PENDING", "TASKDEFINITION",
                                                 "ROLLOUT"}};
  for (const Json& one : services) {
    const Json* d = primary(one);
    const std::size_t deployments = list_of(one, "deployments").size();
    std::string rollout = d ? json_string(*d, "rolloutState") : std::string();
    if (deployments > 1) rollout += " (" + std::to_string(deployments) + " deployments)";
    rows.push_back({service_name(one), cluster_name(one), json_string(one, "status"),
                    std::to_string(json_int(one, "desiredCount")),
                    std::to_string(json_int(one, "runningCount")),
                    std::to_string(json_int(one, "pendingCount")),
                    last_part(json_string(one, "taskDefinition")), rollout});
  }
  return rows;
}

bool is_stable(const Json& service) {
  const Json* d = primary(service);
  return list_of(service, "deployments").size() == 1 && d &&
         json_string(*d, "rolloutState", "COMPLETED") == "COMPLETED" &&
         json_int(service, "runningCount") == json_int(service, "desiredCount") &&
         json_int(service, "pendingCount") == 0;
}

std::string failure_of(const Json& service) {
  if (json_string(service, "status") != "ACTIVE")
    return "it is " + json_string(service, "status", "gone");
  const Json* d = primary(service);
  if (d && json_string(*d, "rolloutState") == "FAILED")
    return json_string(*d, "rolloutStateReason");
  return {};
}

std::vector<std::string> new_events(const Json& service, std::set<std::string>& seen) {
  std::vector<std::string> out;
  for (const Json& event : list_of(service, "events"))
    if (seen.insert(json_string(event, "id")).second) out.push_back(json_string(event, "message"));
  std::reverse(out.begin(), out.end());
  return out;
}

Json service_network(const Json& definition, const std::vector<std::string>& subnets,
                     const std::vector<std::string>& security_groups) {
  if (json_string(definition, "networkMode") != "awsvpc") return {};
  Json vpc = {{"subnets", subnets.empty() ? std::vector<std::string>{"subnet-local"} : subnets}};
  if (!security_groups.empty()) vpc["securityGroups"] = security_groups;
  return Json{{"awsvpcConfiguration", std::move(vpc)}};
}

std::vector<std::string> group_lines(const Json& service, const Json& groups) {
  std::vector<std::string> lines;
  const Json* own = json_find(service, "loadBalancers");
  if (!own || !own->is_array() || !groups.is_array()) return lines;
  for (const Json& one : *own) {
    const std::string arn =
        json_string(one, "targetGroupArn", json_string(one, "loadBalancerName"));
    for (const Json& group : groups) {
      const std::string endpoint = json_string(group, "endpoint");
      if (arn.empty() || endpoint.empty() || json_string(group, "targetGroupArn") != arn) continue;
      // arn:…:targetgroup/NAME/ID
      const std::string after = arn.substr(arn.find('/') + 1);
      lines.push_back("target group " + after.substr(0, after.find('/')) + "  http://" + endpoint);
    }
  }
  return lines;
}

void tell_target_groups(Session& session, const Client& client, const Json& service) {
  const Json* own = json_find(service, "loadBalancers");
  if (!own || own->empty()) return;
  const auto answer = client.get("target-groups");
  const Json* groups = answer ? json_find(*answer, "targetGroups") : nullptr;
  if (!groups) return;
  for (const auto& line : group_lines(service, *groups)) session.note(line);
}

Status have_cluster(const Client& client, const std::string& name, const Json& tags) {
  DRYDOCK_LET(const Json answer, client.api("DescribeClusters", {{"clusters", {name}}}));
  for (const Json& one : list_of(answer, "clusters"))
    if (json_string(one, "status") == "ACTIVE") return {};
  if (name.starts_with("arn:"))
    return fail(Errc::kNotFound, "there is no cluster " + name + " here; write its name alone");
  Json request = {{"clusterName", name}};
  if (tags.is_array()) request["tags"] = tags;
  DRYDOCK_TRY(client.api("CreateCluster", request));
  return {};
}

Result<Json> register_definition(const Client& client, const Json& request) {
  DRYDOCK_LET(const Json answer, client.api("RegisterTaskDefinition", request));
  const Json* definition = json_find(answer, "taskDefinition");
  if (!definition)
    return fail(Errc::kSystem, "the daemon's answer to RegisterTaskDefinition has no definition");
  return *definition;
}

}  // namespace drydock::cli
