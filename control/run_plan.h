#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "control/clusters.h"
#include "control/instances/place.h"
#include "control/tags.h"
#include "control/task_definitions.h"
#include "runtime/task_spec.h"

namespace drydock::control {

// The service whose scheduler starts a task.
struct OfService {
  std::string name;
  Tags tags;  // for propagateTags SERVICE
  // The definition as the deployment has it, also when it is INACTIVE or deleted by now.
  TaskDefinitions::RevisionPtr definition;
  bool daemon = false;  // one task on each container instance
};

// What `drydock run` may ask beyond RunTask (decision 31).
struct LocalRun {
  std::map<std::string, std::string> images;
  std::vector<runtime::PublishRequest> publish;
  bool publish_automatically = true;
  std::map<std::string, std::string> user;     // TaskSpec::user
  std::map<std::string, std::string> objects;  // TaskSpec::objects
  std::string pull;              // always, missing, never; empty: as the daemon is configured
  std::string firelens;          // image, builtin; empty: as the daemon is configured
  bool firelens_local = false;   // TaskSpec::firelens_local
  std::string secrets_file;      // TaskSpec::secrets_file
  std::string credentials;       // as is_credentials_mode(); empty: as the daemon is configured
  std::int64_t storage_mib = 0;  // ephemeral storage; 0: as the definition says
  bool strict = false;           // log groups are not made by themselves, nothing runs capped
  bool default_network = false;  // an awsvpc task needs no networkConfiguration
  std::shared_ptr<const OfService> service;  // null: nobody but the caller wants the task
  std::string container_instance;            // the ARN of the one that StartTask names
};

// The subnets and security groups that are configured; with `strict` there are no others.
struct KnownVpc {
  bool strict = false;
  std::set<std::string> subnets, security_groups;
};

// A RunTask request that may go ahead: everything resolved and checked.
struct RunPlan {
  Clusters::Ref cluster;
  TaskDefinitions::RevisionPtr revision;
  taskdef::TaskDefinition definition;                  // with the overrides applied
  std::shared_ptr<const Json> overrides;               // as DescribeTasks echoes them
  std::shared_ptr<const Json> inference_accelerators;  // overridden; null when there are none
  std::string launch_type;
  std::string capacity_provider;  // empty unless a strategy chose it
  std::string platform_version;
  std::string subnet_id;  // empty unless awsvpc
  std::vector<std::string> security_groups;
  bool assign_public_ip = false;
  std::optional<volumes::BlockVolume> block_volume;  // without its ids: each task has its own
  int count = 1;
  std::string group;
  std::string service_name;  // empty for a task that no service starts
  std::string started_by;
  Tags tags;  // with propagated and managed ones
  bool enable_execute_command = false;
  std::map<std::string, std::string> images;  // TaskSpec::images
  bool firelens_local = false;                // TaskSpec::firelens_local
  instances::Rules rules;                     // which container instance it may be on
  std::string container_instance;             // the one that was chosen; empty: there is none
};

// Checks a RunTask request in the order of api.md 3.3, with its error texts.
Answer<RunPlan> plan_run(const Caller& caller, const Json& request, const LocalRun& local,
                         const Clusters& clusters, const TaskDefinitions& definitions,
                         const KnownVpc& vpc = {});

}  // namespace drydock::control
