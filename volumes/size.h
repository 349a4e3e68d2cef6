#pragma once
#include <cstdint>
#include <string>

namespace drydock::volumes {

struct FolderSize {
  std::uint64_t bytes = 0;  // on the disk, hard links once
  bool complete = true;     // false: there are more entries than are counted
};

// What lies below `folder` on its own file system; at most `most` entries are looked at. What
// cannot be read counts nothing.
FolderSize folder_size(const std::string& folder, std::size_t most = 500'000);

}  // namespace drydock::volumes
