#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/engine/machine.h"

// Taking down what a task had on this machine. Worker thread, or start of the daemon.
namespace drydock::runtime {

// Unmounts, removes cgroups, folders and image holds of one task whose shims have all ended; its
// journals stay. `containers`: how many image holds to let go. Goes through to the end whatever
// fails; gives back the first error.
Status clean_task(const Machine& machine, const std::string& task_id, std::size_t containers);

// Under which name a container holds its image in the store.
std::string image_holder(const std::string& task_id, std::size_t container);

// Ends the container of a shim that was lost: kills its cgroup and removes the runtime's record of
// it.
Status end_orphan(const Machine& machine, const std::string& task_id,
                  const std::string& runtime_id);

// At the daemon's start: everything on disk and in the kernel that belongs to this instance but to
// none of `live` (tasks that are not STOPPED, and how many containers each has); journals only of
// tasks that are not in `kept`. Gives back what was cleaned, for the log.
std::vector<std::string> sweep(const Machine& machine,
                               const std::map<std::string, std::size_t>& live,
                               const std::set<std::string>& kept);

}  // namespace drydock::runtime
