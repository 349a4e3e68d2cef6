#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "taskdef/model.h"
#include "volumes/plan.h"

namespace drydock::runtime {

// -p/--publish of `drydock run`, or the automatic publishing of every mapped port on 127.0.0.1.
struct PublishRequest {
  std::string container;  // empty: whichever container maps the port
  int host_port = 0;      // 0: the same number if free, else as decision 7 says
  int container_port = 0;
  std::string protocol = "tcp";
  std::string host_address = "127.0.0.1";
  bool operator==(const PublishRequest&) const = default;
};

// Everything about one task that is fixed when it is asked for. Immutable afterwards, shared by all
// that show it.
struct TaskSpec {
  std::string task_id;  // 32 hex
  std::string task_arn;
  std::string cluster_name;
  std::string cluster_arn;
  std::string task_definition_arn;
  std::string region;
  std::string account;
  std::string availability_zone;
  std::string group;
  std::string service_name;             // empty for a standalone task
  std::string container_instance;       // its ARN; empty: the cluster has none
  std::string launch_type = "FARGATE";  // FARGATE, EC2
  std::string platform_version = "1.4.0";
  taskdef::TaskDefinition definition;  // with the RunTask overrides applied
  std::map<std::string, std::string> tags;
  std::map<std::string, std::string>
      images;  // --image: container name -> image reference (decision 31)
  std::map<std::string, std::string>
      container_ids;  // container name -> runtime id "<task id>-<10 digits>"
  std::map<std::string, std::string> container_arns;  // container name -> ARN
  std::string attachment_id;                          // UUID of the ENI attachment
  std::string subnet_id;
  std::vector<std::string> security_groups;
  std::optional<volumes::BlockVolume> block_volume;  // EBS, of RunTask's volumeConfigurations
  std::int64_t storage_mib = 0;  // ephemeral storage that the run names; 0: as the definition says
  bool assign_public_ip = false;
  bool publish_automatically = true;
  std::vector<PublishRequest> publish;
  bool firelens_local = false;  // what its log router sends to AWS comes to this machine
  std::string pull;             // always, missing, never; empty: as the daemon is configured
  // The secrets file of this run, encrypted by the vault (base64); empty: none.
  std::string secrets_file;
  // --env-file: objects of S3 ("bucket/key") and the files of this machine that stand for them in
  // this run, before those of the configuration.
  std::map<std::string, std::string> objects;
  // What containers call the credentials of the task role by; a secret, empty without a role.
  std::string credentials_id;
  // Where these come from: "fake", "profile", "profile:<name>", "assume" or "assume:<name>".
  std::string credentials;
  // Whose registry logins and AWS profiles serve this run, as images::credentials::owner_from()
  // reads them ("awsProfile", "awsConfig" and "awsCredentials" besides); empty: the daemon's
  // default.
  std::map<std::string, std::string> user;
};

// The size of a task's ephemeral storage in MiB.
inline std::int64_t storage_mib(const TaskSpec& spec) {
  constexpr int kDefaultGib = 20;
  if (spec.storage_mib > 0) return spec.storage_mib;
  const int named = spec.definition.ephemeral_storage_gib;
  return std::int64_t{named > 0 ? named : kDefaultGib} * 1024;
}

}  // namespace drydock::runtime
