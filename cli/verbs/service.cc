#include <nlohmann/json.hpp>

#include "cli/services.h"
#include "cli/watching.h"

// What is shown of services, and their end.
namespace drydock::cli {
namespace {

Result<std::string> drawn_list(const Session& session, const Client& client,
                               const ServiceListOptions& options) {
  DRYDOCK_LET(const Json services, all_services(client, options.cluster));
  if (session.common.json) return pretty_json(Json{{"services", services}}) + "\n";
  if (!session.common.quiet) return table(service_rows(services));
  std::string names;
  for (const Json& one : services) names += service_name(one) + "\n";
  return names;
}

}  // namespace

int execute(Session& session, const ServiceListOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  return show(session, *client, options.watch,
              [&] { return drawn_list(session, *client, options); });
}

int execute(Session& session, const ServicePsOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto services = all_services(*client, options.cluster);
  if (!services) return session.failed(services.error());
  const auto service = find_service(*services, options.name);
  if (!service) return session.failed(service.error());
  tell_target_groups(session, *client, *service);
  PsOptions ps;
  ps.all = options.all;
  ps.wide = options.wide;
  ps.watch = options.watch;
  ps.cluster = cluster_name(*service);
  ps.service = service_name(*service);
  return execute(session, ps);
}

int execute(Session& session, const ServiceInspectOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto services = all_services(*client, options.cluster);
  if (!services) return session.failed(services.error());
  Json all = Json::array();
  for (const auto& name : options.names) {
    const auto one = find_service(*services, name);
    if (!one) return session.failed(one.error());
    tell_target_groups(session, *client, *one);
    all.push_back(*one);
  }
  return session.print_json(Json{{"services", std::move(all)}});
}

int execute(Session& session, const ServiceRemoveOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto services = all_services(*client, options.cluster);
  if (!services) return session.failed(services.error());
  int exit_code = 0;
  Json gone = Json::array();
  for (const auto& name : options.names) {
    const auto one = find_service(*services, name);
    const auto asked = one ? client->api("DeleteService", {{"cluster", (*one)["clusterArn"]},
                                                           {"service", (*one)["serviceArn"]},
                                                           {"force", true}})
                           : one;
    if (asked)
      gone.push_back(*one);
    else
      exit_code = session.failed(asked.error());
  }
  if (!options.no_wait)
    if (const auto ended =
            wait_for_services(session, *client, gone, Until::kInactive, options.timeout);
        !ended)
      return session.failed(ended.error(), exit_code_of_wait(ended.error()));
  for (const Json& one : gone) session.out.line(service_name(one));
  return exit_code;
}

}  // namespace drydock::cli
