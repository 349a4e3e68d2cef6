#pragma once
#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/shim/protocol.h"

namespace drydock::runtime::shim {

// Takes the bundle's lock for the life of the returned descriptor. kBusy, kNotFound: the bundle is
// not for this shim.
Result<UniqueFd> take_bundle(const std::string& bundle);

// One container from its start to its end, as protocol.h says. The bundle is taken and is the
// current folder.
End supervise(const Request& request);

}  // namespace drydock::runtime::shim
