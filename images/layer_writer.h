#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "images/tar_reader.h"
#include "images/unpack.h"

namespace drydock::images {

// Writes a layer's entries below the current folder, which must also be the root of the process
// (enter_sandbox()): then no link can lead out, and legal layers may write through links of their
// own.
class LayerWriter {
 public:
  LayerWriter(bool lowest, const UnpackLimits& limits) : lowest_(lowest), limits_(limits) {}

  // Everything in `tar`, then the times of folders. Errors name the entry.
  Status write(TarReader& tar);
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t entries() const { return entries_; }

 private:
  Status add(TarReader& tar, const TarEntry& entry);
  Status whiteout(const std::string& path);
  Status opaque(const std::string& path);
  Status folder(const std::string& path, const TarEntry& entry);
  Status file(const std::string& path, const TarEntry& entry, TarReader& tar);
  Status content(int fd, const TarEntry& entry, TarReader& tar);
  Status hard_link(const std::string& path, const TarEntry& entry);
  Status node(const std::string& path, const TarEntry& entry);
  Status parents(const std::string& path);
  // `made`: this entry's own mkdir or open gave it its mode just now; `fd` is of the open file.
  Status attributes(const std::string& path, const TarEntry& entry, bool made = false, int fd = -1);
  Status xattrs(const std::string& path, const TarEntry& entry);
  void look_at_root();
  // Makes something new at `path`, replacing what an earlier entry put there. `make` returns 0 or
  // -1 with errno.
  template <class Make>
  Status place(const std::string& path, const char* what, Make make);

  struct FolderTime {
    std::string path;
    std::int64_t seconds;
    std::uint32_t nanos;
  };
  // No folder hands down a group, a mode or an ACL to what is made in it.
  bool plain_folders_ = false;
  bool lowest_;
  UnpackLimits limits_;
  std::uint64_t bytes_ = 0;
  std::uint64_t entries_ = 0;
  std::string good_parent_;  // known to be a folder
  std::vector<FolderTime> folder_times_;
};

}  // namespace drydock::images
