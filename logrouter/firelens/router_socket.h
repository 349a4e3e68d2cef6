#pragma once
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace drydock::logrouter {

inline constexpr char kRouterSocket[] = "fluent.sock";

// Connects to the socket that a router made in `folder`, without waiting. The folder is the
// router's to write: what lies there under the socket's name may be a link, a pipe, anything
// (decision 14). kNotFound: there is none yet. kInvalid: something that is no socket.
Result<UniqueFd> connect_router(const std::string& folder);

}  // namespace drydock::logrouter
