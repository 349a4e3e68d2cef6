#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/session.h"

// Services as DescribeServices shows them.
namespace drydock::cli {

// Those that are not INACTIVE, with their tags, by cluster and name; of every cluster when
// `cluster` is empty.
Result<Json> all_services(const Client& client, const std::string& cluster);
// The service that `name` means: its name or ARN, or the only one that begins so. kNotFound, or
// kInvalid with the candidates. Pure.
Result<Json> find_service(const Json& services, const std::string& name);

std::string service_name(const Json& service);
std::string cluster_name(const Json& service);  // of its ARN
// The rows of `service ls` with their header. Pure.
std::vector<std::vector<std::string>> service_rows(const Json& services);

// Whether a service has what it should: one deployment that has completed, and all its tasks.
// Pure.
bool is_stable(const Json& service);
// Why it will never become so; empty when it may. Pure.
std::string failure_of(const Json& service);
// Events (newest first, as ECS has them) that `seen` (ids) does not hold yet, oldest first; adds
// them. Pure.
std::vector<std::string> new_events(const Json& service, std::set<std::string>& seen);

// Which state to wait for.
enum class Until { kStable, kInactive };
// Follows the daemon's changes until all of `services` are there; their new events go to standard
// error. kTimeout after `limit`; kInvalid when one cannot get there any more.
Status wait_for_services(Session& session, const Client& client, const Json& services, Until until,
                         std::optional<Duration> limit);
// The exit code that goes with an error of wait_for_services().
int exit_code_of_wait(const Error& error);

// The networkConfiguration of a service whose task definition needs one; null when it does not.
// Without subnets, tasks are where those of `drydock run` are.
Json service_network(const Json& definition, const std::vector<std::string>& subnets,
                     const std::vector<std::string>& security_groups);

// "target group web  http://127.0.0.1:8080" for each of the service's groups. `groups` is what the
// daemon says of all (targetGroups). Pure.
std::vector<std::string> group_lines(const Json& service, const Json& groups);
// Tells them as notes, where the service has any.
void tell_target_groups(Session& session, const Client& client, const Json& service);

// Makes the cluster if there is none of that name; with these tags, unless null.
Status have_cluster(const Client& client, const std::string& name, const Json& tags);

// What RegisterTaskDefinition answers as its taskDefinition.
Result<Json> register_definition(const Client& client, const Json& request);

}  // namespace drydock::cli
