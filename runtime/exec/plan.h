#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/frames.h"
#include "base/json.h"
#include "runtime/bundle/users.h"

namespace drydock::runtime {

// One more process in a running container.
struct ExecRequest {
  std::vector<std::string> command;
  bool terminal = false;
  bool input = false;                    // without it and without a terminal: /dev/null
  std::string user;                      // as in a task definition; empty: the container's
  std::string working_directory;         // empty: the container's
  std::vector<std::string> environment;  // "K=V", on top of the container's
  std::string terminal_type = "xterm";   // TERM, unless the container sets it
  frames::Size size;                     // of the terminal; zeros: not known yet
};

// The document for `runc exec --process`: the container's own process (its environment, folder,
// user, capabilities, limits), changed as asked. `user` is what ExecRequest::user stands for. Pure.
Json exec_process(const Json& container_process, const ExecRequest& request,
                  const std::optional<ContainerUser>& user);

}  // namespace drydock::runtime
