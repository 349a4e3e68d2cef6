#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "taskdef/model.h"

// The configuration file that ECS generates for a log router (firelens-and-lifecycle.md A2, A3).
// Pure: same input, same bytes.
namespace drydock::logrouter {

// What the file says of the task besides its definition.
struct RouterFacts {
  std::string cluster;
  std::string task_arn;
  std::string ec2_instance_id;  // only of tasks of launch type EC2
};

// Index of the container with a firelensConfiguration: the first.
std::optional<std::size_t> router_of(const taskdef::TaskDefinition& definition);
bool is_router_client(const taskdef::ContainerDefinition& container);

// The file's text. kInvalid: ECS' own text, to follow "ResourceInitializationError: ".
Result<std::string> router_config(const taskdef::TaskDefinition& definition,
                                  const RouterFacts& facts);

// Where the file lies in a router of this type.
std::string router_config_path(const std::string& type);

// A secretOption of a client: an environment variable of the router, which the file refers to.
struct RouterSecret {
  std::string variable;    // "apikey_1"
  std::string container;   // the client
  std::string value_from;  // where the value is
  bool operator==(const RouterSecret&) const = default;
};
std::vector<RouterSecret> router_secrets(const taskdef::TaskDefinition& definition);

// Who owns the folder of the router's socket: its `user`, "uid", "uid:gid" or "uid:group name".
struct SocketOwner {
  int uid = 0;
  int gid = -1;  // -1: unchanged
  bool operator==(const SocketOwner&) const = default;
};
Result<SocketOwner> socket_owner(const std::string& user);

}  // namespace drydock::logrouter
