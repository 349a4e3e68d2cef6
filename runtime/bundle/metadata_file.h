#pragma once
#include <optional>
#include <string>

#include "runtime/task_spec.h"
#include "runtime/task_view.h"

// The container metadata file of tasks of launch type EC2 (metadata.md 15). Pure.
namespace drydock::runtime {

// Where a container finds its file; the folder above is a mount.
std::string metadata_folder(const TaskSpec& spec, const std::string& container);
inline constexpr char kMetadataFileName[] = "ecs-container-metadata.json";

// What is known once the container has started.
struct StartedFacts {
  std::string image_id;
  std::vector<PublishedPort> ports;
};

// The file's text: as it is before the container is made, or complete.
std::string metadata_file_text(const TaskSpec& spec, const std::string& container,
                               const NetworkView& network,
                               const std::optional<StartedFacts>& started);

// The agent that this machine answers for, where tasks ask (introspection) and in the API.
inline constexpr char kAgentVersion[] = "1.105.1";
inline constexpr char kAgentHash[] = "00000000";

// The instance that a task is on. One of a cluster without instances: this machine, as which it is
// always the same one.
std::string container_instance_arn(const TaskSpec& spec);
// This machine as an instance of a cluster.
std::string machine_instance_arn(const std::string& region, const std::string& account,
                                 const std::string& cluster_name, const std::string& cluster_arn);
// The first 12 hex digits of what Docker would call its id.
std::string short_container_id(const TaskSpec& spec, const std::string& container);
// What Docker would call a container: "ecs-shop-7-web-" and hex digits; on Fargate its own name.
std::string docker_name(const TaskSpec& spec, const std::string& container);

}  // namespace drydock::runtime
