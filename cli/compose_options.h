#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What the verbs for Compose files take, and those that ecs-cli has. Part of options.h.
namespace drydock::cli {

// Which Compose files, and what stands beside them.
struct ComposeSource {
  std::vector<std::string> files;  // empty: COMPOSE_FILE, or the files with the usual names
  std::string project;             // empty: COMPOSE_PROJECT_NAME, or the folder's name
  std::string ecs_params;          // empty: ecs-params.yml, when there is one
  std::string registry_credentials;
  std::string task_role;
  std::string launch_type;
};

// `local create`, `up`, `ps` and `down`.
struct LocalOptions {
  std::string action;
  std::string file;     // --task-def-file
  std::string remote;   // --task-def-remote
  std::string compose;  // --task-def-compose
  std::string output;
  std::vector<std::string> overrides;
  bool force = false;
  bool use_role = false;
  bool all = false;
  std::string aws_profile;
  std::string ecs_profile;
  std::string region;
};

// What is said of services beside their tasks.
struct ComposeServiceOptions {
  int most_percent = 200;
  int least_percent = 100;
  std::string target_group;
  std::vector<std::string> target_groups;  // "targetGroupArn=…,containerName=…,containerPort=…"
  std::string container;
  int container_port = 0;
  std::string load_balancer;
  std::string role;
  std::optional<int> grace_seconds;
  double timeout_minutes = 5;
  bool force = false;
  std::string strategy;
  bool discovery = false;  // --enable-service-discovery, and what belongs to it
};

// `compose …` and `compose service …`.
struct ComposeOptions {
  std::string action;  // "up", "service up"
  ComposeSource source;
  std::string cluster = "default";
  std::string cluster_config, region, aws_profile, ecs_profile;  // taken, and without effect here
  bool log_groups = false;
  bool force_update = false;
  bool no_managed_tags = false;
  std::string tags;                   // "key=value,…"
  std::vector<std::string> commands;  // CONTAINER "CMD" …
  int count = 0;                      // scale
  std::string desired_status;
  ComposeServiceOptions service;
};

// `ps` of a program that is called ecs-cli.
struct EcsPsOptions {
  std::string cluster = "default";
  std::string desired_status;
};

// `logs` of a program that is called ecs-cli.
struct EcsLogsOptions {
  std::string cluster = "default";
  std::string task;
  std::string definition;
  std::string container;
  bool follow = false;
  std::string filter;
  std::optional<int> since_minutes;
  std::string start, end;
  bool timestamps = false;
};

}  // namespace drydock::cli
