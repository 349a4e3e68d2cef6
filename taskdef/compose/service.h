#pragma once
#include <string>

#include "base/json.h"
#include "taskdef/compose/place.h"

namespace drydock::taskdef::compose {

// One service of one file, in the form in which files are laid over each other: the members of a
// container definition, but lists of pairs as objects by name, so that a later file's value wins:
//   environment {NAME: value}, envFiles [path], dockerLabels, systemControls {key: value},
//   ports [{containerPort, hostPort, protocol, address}], mounts {target: {type, source, readOnly,
//   size}}, tmpfs {target: {size, mountOptions}}, devices {target: {hostPath, permissions}},
//   ulimits {name: {softLimit, hardLimit}}, dependsOn {service: condition}, capabilities {add,
//   drop}, extraHosts {"name ip": {hostname, ipAddress}}.
// What ECS has no place for is left out with a note.
Result<Json> read_service(const Context& context, const std::string& name, const Yaml& service);

// `over` laid over `base`, as Compose merges files: objects by member, lists appended, a command
// replaced.
Json merged_service(Json base, const Json& over);

// Parts of read_service: one key's value each, into its place.
Status read_mounts(const Context& context, const Yaml& node, const std::string& path, Json& out);
Status read_ports(const Context& context, const Yaml& node, const std::string& path, Json& out);
Status read_health(const Context& context, const Yaml& node, const std::string& path, Json& out);
Status read_limits(const Context& context, const Yaml& node, const std::string& path, Json& out);
Status read_tmpfs(const Context& context, const Yaml& node, const std::string& path, Json& out);
Status read_pairs(const Context& context, const Yaml& node, const std::string& path, Json& out);
Status read_env_files(const Context& context, const Yaml& node, const std::string& path, Json& out);
Status read_hosts(const Context& context, const Yaml& node, const std::string& path, Json& out);
Status read_devices(const Context& context, const Yaml& node, const std::string& path, Json& out);
Status read_dependencies(const Context& context, const Yaml& node, const std::string& path,
                         Json& out);
Status read_logging(const Context& context, const Yaml& node, const std::string& path, Json& out);
Status read_volumes_from(const Context& context, const Yaml& node, const std::string& path,
                         Json& out);

}  // namespace drydock::taskdef::compose
