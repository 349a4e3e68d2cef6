#pragma once
#include "base/result.h"

namespace drydock::volumes {

// Copies what the folder `from` holds into the folder `to` and gives `to` the owner and mode of
// `from`: files, folders, symbolic links (not followed), device nodes and pipes, with owner, mode,
// times and extended attributes. Mounts below `from` and sockets are left out. An existing name in
// `to` is kept as it is.
Status copy_tree(int from, int to);

}  // namespace drydock::volumes
