#pragma once
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace drydock::netns {

// A listening socket at port 51678 of the namespace kept at `netns_path`, where EC2 tasks look for
// the agent of their instance: on localhost, and at `gateway`, the instance's address as a task
// sees it. kExists when the task listens there itself. Blocks some milliseconds.
Result<UniqueFd> listen_for_introspection(const std::string& netns_path,
                                          const std::string& gateway);

}  // namespace drydock::netns
