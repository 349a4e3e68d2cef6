#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "control/tags.h"

// A service as it is stored (api.md 4.1). Plain values: the scheduler turns one into the next, the
// keeper stores them.
namespace drydock::control::services {

enum class RolloutState { kInProgress, kCompleted, kFailed };

// How far a task that is not STOPPED was followed: each step counts once, also when the daemon was
// killed in between.
enum class Mark { kNew, kRan, kEnded };

// One deployment in `deployments` of the API: an attempt to have all tasks of one revision.
struct Deployment {
  std::string id;        // "ecs-svc/<19 digits>"; startedBy of its tasks
  std::string revision;  // the number of the service revision its tasks are made from
  Time created_at{};
  Time updated_at{};
  RolloutState state = RolloutState::kInProgress;
  std::string reason;
  bool rollback = false;   // it takes back another one
  int failed_tasks = 0;    // in a row, until its first success
  bool succeeded = false;  // one of its tasks did what it should: failures count no more
  // Throttling (api.md 5.4): rounds of failed starts, and of tasks that ended as soon as they ran.
  int failed_rounds = 0;
  int short_rounds = 0;
  std::optional<Time> not_before;  // no task is started until then
};

// One roll-out, as ListServiceDeployments and DescribeServiceDeployments tell it; a rollback is a
// part of the one it takes back.
struct ServiceDeployment {
  std::string id;          // 21 characters
  std::string deployment;  // the deployment that carries it now
  std::string target;      // revision
  std::vector<std::string> sources;
  std::string status = "IN_PROGRESS";
  std::string reason;
  Time created_at{};
  Time updated_at{};
  std::optional<Time> finished_at, stopped_at;
  bool breaker_enabled = false;
  bool breaker_triggered = false;
  int failures = 0;
  int threshold = 0;
  std::string rollback_reason;
  std::string rollback_revision;
  std::optional<Time> rollback_at;
};

// A task set: what a deployment is when the deployment controller is EXTERNAL (api.md 4.2). Its
// client says how many tasks it has, in percent of what the service has.
struct TaskSet {
  Deployment deployment;  // its id, revision and times; how its starts go
  std::string external_id;
  std::string token, fingerprint;  // of CreateTaskSet: what makes a second one the same
  double scale = 100;              // percent
  std::string status = "ACTIVE";   // PRIMARY, DRAINING: it is deleted, its tasks stop
  Tags tags;
  std::optional<Time> steady_at;  // as Service's; none: it is stabilizing
  Time stability_at{};            // since when it is the one or the other
};

struct Event {
  std::string id;  // UUID; empty until it is stored
  Time at{};
  std::string message;
};

struct Service {
  std::string arn, name, cluster_name, cluster_arn, region, account;
  std::string status = "ACTIVE";  // DRAINING, INACTIVE
  Time created_at{};
  std::string created_by;
  std::string token, fingerprint;  // of CreateService: what makes a second one the same
  Tags tags;
  // Members of the API's service object that only requests change; what follows is read from it.
  std::shared_ptr<const Json> settings;
  int desired = 0;
  int maximum_percent = 200;
  int minimum_percent = 100;
  bool breaker = false;
  bool breaker_rollback = false;
  bool external = false;  // its deployment controller is EXTERNAL: it has task sets, no deployments
  Duration grace{};       // healthCheckGracePeriodSeconds

  std::vector<Deployment> deployments;     // PRIMARY first
  std::vector<TaskSet> task_sets;          // oldest first
  std::vector<ServiceDeployment> history;  // newest first, at most kMostHistory
  std::string completed;                   // the revision of the last deployment that completed
  std::string completed_deployment;        // and that deployment
  std::vector<Event> events;               // newest first, at most kMostEvents
  std::map<std::string, Mark> tasks;       // that are not STOPPED yet, by id
  std::optional<Time> steady_at;  // when it last said that it is steady; none while it is not
  std::string trouble;            // the last event of what hinders it: not said again and again
  std::optional<Time> trouble_at;
  std::optional<Time> inactive_at;
};

inline constexpr std::size_t kMostEvents = 100;
inline constexpr std::size_t kMostHistory = 20;

// What tasks of a service are made from; never changes once made. It keeps the definition itself:
// one that is deregistered or deleted serves its deployments on.
struct Revision {
  std::string number;  // 19 digits
  std::string service_arn;
  Time created_at{};
  std::string definition_arn, family;
  int definition_number = 0;
  std::shared_ptr<const Json> definition;  // the API's taskDefinition object
  Tags definition_tags;
  // launchType or capacityProviderStrategy, platformVersion, networkConfiguration, ...
  std::shared_ptr<const Json> settings;
};

// Fills what is read from `settings` (desired apart).
void read_settings(Service& service);

// The stored forms, and back; kInvalid when the text cannot be read.
std::string stored(const Service& service);
Result<Service> service_of(const std::string& text);
std::string stored(const Revision& revision);
Result<Revision> revision_of(const std::string& text);

}  // namespace drydock::control::services
