#pragma once
#include <string>

#include "base/result.h"

namespace drydock::cli {

// Mounts an overlay in a temporary folder below `folder`, in a mount namespace of its own, and
// removes it. Needs root.
Status try_overlay(const std::string& folder);

}  // namespace drydock::cli
