#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/engine/paths.h"
#include "runtime/task_spec.h"
#include "runtime/task_view.h"

// What a container has of its task's networks beside the namespace: names and files of /etc.
namespace drydock::runtime {

// For the OCI document: a kept namespace, empty for a new one, absent for this machine's.
std::optional<std::string> namespace_path(const NetworkView& network);
// Whether it can reach what the daemon offers to tasks at the gateway.
bool reaches_daemon(const NetworkView& network);
// Its host name: the task's private DNS name with awsvpc; else what the definition says, or what
// Docker takes: this machine's with mode host, the beginning of the container's id otherwise.
std::string container_hostname(const TaskSpec& spec, std::size_t container,
                               const NetworkView& network);

// The folder with its hosts, hostname and resolv.conf: with awsvpc the task's, which all its
// containers share, else its own.
std::string etc_folder(const Paths& paths, const TaskSpec& spec, const std::string& container,
                       const NetworkView& network);
// Writes those that the containers of an awsvpc task share.
Status write_shared_etc_files(const Paths& paths, const TaskSpec& spec,
                              const std::vector<NetworkView>& networks);
// Writes those of one container that has its own.
Status write_own_etc_files(const Paths& paths, const TaskSpec& spec, std::size_t container,
                           const std::vector<NetworkView>& networks);

}  // namespace drydock::runtime
