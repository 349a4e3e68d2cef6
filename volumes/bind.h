#pragma once
#include <string>

#include "base/result.h"
#include "volumes/plan.h"

namespace drydock::volumes {

// Makes the task's folder (root, 0755 each) and what the plan needs; safe to repeat. kNotFound
// names a host.sourcePath that does not exist. A half-made task is cleaned up by remove_task.
Status prepare(const VolumePlan& plan, const std::string& root, const std::string& task_id);

// Fills `source`, a folder below the task's folder or a kept one, with the image's folder `path`
// (owner, mode, times, links, extended attributes), once: a later call for the same source does
// nothing. `root_fd` is the container's root. The folder itself gets the owner and mode, too. An
// absent folder in the image is success.
Status fill_from_image(const std::string& root, const std::string& task_id,
                       const std::string& source, int root_fd, const std::string& path);

// Unbinds and removes all that prepare and fill_from_image made for the task; kept folders stay.
// Absent is success.
Status remove_task(const std::string& root, const std::string& task_id);

}  // namespace drydock::volumes
