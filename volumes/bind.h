#pragma once
#include <string>

#include "base/result.h"
#include "volumes/plan.h"

namespace drydock::volumes {

// Fills `source`, a folder below the task's folder or a kept one, with the image's folder `path`
// (owner, mode, times, links, extended attributes), once: a later call for the same source does
// nothing. `root_fd` is the container's root. The folder itself gets the owner and mode, too. An
// absent folder in the image is success.
Status fill_from_image(const std::string& root, const std::string& task_id,
                       const std::string& source, int root_fd, const std::string& path);

}  // namespace drydock::volumes
