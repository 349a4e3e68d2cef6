#pragma once
#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "images/unpack.h"

namespace drydock::images {

// Locks the calling single-threaded process into `folder`, for good: its own mount namespace with
// that folder as the root, no programs to start, no sockets, no mounts, only the capabilities that
// writing a layer takes, bounded memory and file size; and it dies with `parent`. What libraries
// load lazily must be loaded before.
Status enter_sandbox(const std::string& folder, pid_t parent, std::uint64_t file_bytes,
                     const UnpackLimits& limits);

}  // namespace drydock::images
