#include "images/disk_room.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstdio>

namespace drydock::images {
namespace {

// What a byte of a gzip layer becomes: two and a half to three in the images people run.
constexpr double kUnpacked = 2.5;

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
  char text[32];
  const auto n = static_cast<double>(bytes);
  if (bytes >= 1'000'000'000)
    (void)std::snprintf(text, sizeof text, "%.1f GB", n / 1e9);
  else if (bytes >= 1'000'000)
    (void)std::snprintf(text, sizeof text, "%.0f MB", n / 1e6);
  else
    (void)std::snprintf(text, sizeof text, "%.0f kB", n / 1e3);
  return text;
}

Result<std::uint64_t> free_bytes(const std::string& path) {
  struct statvfs st {};
  if (::statvfs(path.c_str(), &st) != 0) return fail_errno("ask for the free space of " + path);
  return static_cast<std::uint64_t>(st.f_bavail) * st.f_frsize;
}

Status check_room(const std::string& folder, std::uint64_t download, std::uint64_t reserve) {
  if (download == 0) return {};
  DRYDOCK_LET(const std::uint64_t room, free_bytes(folder));
  const auto unpacked = static_cast<std::uint64_t>(kUnpacked * static_cast<double>(download));
  if (room >= download + unpacked + reserve) return {};
  return tl::unexpected(Error{
      Errc::kSystem,
      "not enough disk space: about " + human_bytes(download + unpacked) + " are needed (" +
          human_bytes(download) + " to download, the rest to unpack) and " + human_bytes(reserve) +
          " stay free, but " + folder + " has only " + human_bytes(room) +
          "; remove unused images with `drydock prune`, free disk space, or move the state "
          "folder (--root)",
      ENOSPC});
}

}  // namespace drydock::images
