#include <nlohmann/json.hpp>

#include "cli/definitions.h"
#include "cli/services.h"

// service create, update and scale.
namespace drydock::cli {
namespace {

// The request members that create and update share.
void put_settings(const ServiceSettings& options, Json& request) {
  if (options.desired) request["desiredCount"] = *options.desired;
  Json deployment = Json::object();
  if (options.min_healthy) deployment["minimumHealthyPercent"] = *options.min_healthy;
  if (options.max_percent) deployment["maximumPercent"] = *options.max_percent;
  if (options.breaker != Breaker::kAsIs)
    deployment["deploymentCircuitBreaker"] = {{"enable", options.breaker != Breaker::kOff},
                                              {"rollback", options.breaker == Breaker::kRollback}};
  if (!deployment.empty()) request["deploymentConfiguration"] = std::move(deployment);
}

// The file's document, read before a daemon is started for it; null: none was named.
Result<Json> read_file_of(Session& session, const ServiceSettings& options) {
  if (options.file.empty()) return Json();
  std::vector<std::string> notes;
  DRYDOCK_LET(auto chosen, chosen_definition(options.file, options.from, notes));
  for (const auto& note : notes) session.note(note);
  return std::move(chosen.request);
}

// The registered definition that is meant; null: none was named.
Result<Json> definition_of(const Client& client, const ServiceSettings& options,
                           const Json& document) {
  if (!document.is_null()) return register_definition(client, document);
  if (options.definition.empty()) return Json();
  DRYDOCK_LET(const Json answer,
              client.api("DescribeTaskDefinition", {{"taskDefinition", options.definition}}));
  const Json* definition = json_find(answer, "taskDefinition");
  return definition ? *definition : Json();
}

std::string launch_type_of(const Json& definition) {
  const Json* requires_ = json_find(definition, "requiresCompatibilities");
  const bool fargate =
      requires_ && requires_->is_array() && !requires_->empty() && (*requires_)[0] == "FARGATE";
  return fargate ? "FARGATE" : "EC2";
}

Result<Json> service_of(Result<Json> answer) {
  if (!answer) return answer;
  const Json* service = json_find(*answer, "service");
  return service ? *service : Json();
}

Result<Json> create(Session& session, const Client& client, const ServiceCreateOptions& options,
                    const Json& document) {
  DRYDOCK_LET(const Json definition, definition_of(client, options, document));
  const std::string cluster = options.cluster.empty() ? "default" : options.cluster;
  DRYDOCK_TRY(have_cluster(client, cluster, Json()));
  const std::string name = options.name.empty() ? json_string(definition, "family") : options.name;
  Json request = {{"cluster", cluster},
                  {"serviceName", name},
                  {"taskDefinition", json_string(definition, "taskDefinitionArn")},
                  {"launchType",
                   options.launch_type.empty() ? launch_type_of(definition) : options.launch_type},
                  {"desiredCount", 1}};
  put_settings(options, request);
  if (Json network = service_network(definition, options.subnets, options.security_groups);
      !network.is_null())
    request["networkConfiguration"] = std::move(network);
  if (options.enable_execute_command) request["enableExecuteCommand"] = true;
  session.note("service " + name + " of " + json_string(definition, "family") + ":" +
               std::to_string(json_int(definition, "revision")) + " in " + cluster);
  return service_of(client.api("CreateService", request));
}

Result<Json> update(const Client& client, const ServiceUpdateOptions& options,
                    const Json& document) {
  DRYDOCK_LET(const Json services, all_services(client, options.cluster));
  DRYDOCK_LET(const Json service, find_service(services, options.name));
  DRYDOCK_LET(const Json definition, definition_of(client, options, document));
  Json request = {{"cluster", service["clusterArn"]}, {"service", service["serviceArn"]}};
  put_settings(options, request);
  if (!definition.is_null()) request["taskDefinition"] = definition["taskDefinitionArn"];
  if (!options.subnets.empty() || !options.security_groups.empty())
    request["networkConfiguration"] =
        service_network({{"networkMode", "awsvpc"}}, options.subnets, options.security_groups);
  if (options.force_new_deployment) request["forceNewDeployment"] = true;
  return service_of(client.api("UpdateService", request));
}

// What a verb prints of the services that it changed, once it has waited for them if it is to.
int finish(Session& session, const Client& client, const Json& services, bool wait,
           std::optional<Duration> timeout) {
  if (wait)
    if (const auto done = wait_for_services(session, client, services, Until::kStable, timeout);
        !done)
      return session.failed(done.error(), exit_code_of_wait(done.error()));
  if (session.common.json) return session.print_json(Json{{"services", services}});
  for (const Json& one : services) session.out.line(service_name(one));
  return 0;
}

}  // namespace

int execute(Session& session, const ServiceCreateOptions& options) {
  if (options.file.empty() && options.definition.empty())
    return session.failed({Errc::kInvalid,
                           "service create: name the definition with --task-definition, or its "
                           "file with -f",
                           0},
                          kUsage);
  const auto document = read_file_of(session, options);
  if (!document) return session.failed(document.error());
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto service = create(session, *client, options, *document);
  if (!service) return session.failed(service.error());
  return finish(session, *client, Json::array({*service}), options.wait, options.timeout);
}

int execute(Session& session, const ServiceUpdateOptions& options) {
  const auto document = read_file_of(session, options);
  if (!document) return session.failed(document.error());
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto service = update(*client, options, *document);
  if (!service) return session.failed(service.error());
  return finish(session, *client, Json::array({*service}), options.wait, options.timeout);
}

int execute(Session& session, const ServiceScaleOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto services = all_services(*client, options.cluster);
  if (!services) return session.failed(services.error());
  // All are found before the first is changed.
  std::vector<std::pair<Json, int>> targets;
  for (const auto& [name, desired] : options.targets) {
    auto one = find_service(*services, name);
    if (!one) return session.failed(one.error());
    targets.emplace_back(std::move(*one), desired);
  }
  Json changed = Json::array();
  for (const auto& [one, desired] : targets) {
    const auto after = service_of(client->api("UpdateService", {{"cluster", one["clusterArn"]},
                                                                {"service", one["serviceArn"]},
                                                                {"desiredCount", desired}}));
    if (!after) return session.failed(after.error());
    changed.push_back(*after);
  }
  return finish(session, *client, changed, options.wait, options.timeout);
}

}  // namespace drydock::cli
