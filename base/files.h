#pragma once
#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace drydock {

// The whole file, at most `max_bytes` (kInvalid when it is longer; kNotFound when absent).
Result<std::string> read_file(const std::string& path, std::size_t max_bytes = 64u << 20);
// Replaces `path` by a temporary file and rename, so a reader sees the old or the new text, never a
// part.
Status write_file_atomic(const std::string& path, std::string_view text, mode_t mode = 0644);
// mkdir -p with `mode` for what is made.
Status make_dirs(const std::string& path, mode_t mode = 0755);
// Removes a tree without following symbolic links or crossing into another file system; absent is
// success.
Status remove_tree(const std::string& path);
// The names in a folder, sorted, without . and ..; an absent folder is an empty list.
std::vector<std::string> list_dir(const std::string& path);
bool exists(const std::string& path);

// Opens `path` as seen from inside the folder `root` (openat2 RESOLVE_IN_ROOT: a symbolic link
// never leads out). `flags` as for open(2); close-on-exec is added. This is the only way to open a
// path that a container controls.
Result<UniqueFd> open_in_root(int root_fd, const std::string& path, int flags, mode_t mode = 0);
// The directory `path` inside `root`, made with its parents where absent, never outside `root`.
Result<UniqueFd> make_dirs_in_root(int root_fd, const std::string& path, mode_t mode = 0755);

// Writes everything, retrying on EINTR and short writes.
Status write_all(int fd, std::string_view data);

}  // namespace drydock
