#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace drydock::runtime {

// Who the container's first process runs as.
struct ContainerUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> additional_gids;  // the primary group first, as Docker sets them
  std::string home = "/";
  bool operator==(const ContainerUser&) const = default;
};

// Reads "", "name", "uid", "user:group" in any mix against the text of a passwd and a group file
// (absent: empty). Errors (kInvalid) have Docker's texts: "unable to find user x: no matching
// entries in passwd file".
Result<ContainerUser> user_of(std::string_view user, std::string_view passwd,
                              std::string_view group);

// The same against the files of the container's root; they may be anything: links stay inside, at
// most 1 MiB is read, what is no regular file counts as absent.
Result<ContainerUser> resolve_user(int root_fd, std::string_view user);

}  // namespace drydock::runtime
