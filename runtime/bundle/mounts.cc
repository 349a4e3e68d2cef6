#include "runtime/bundle/mounts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <functional>
#include <set>

#include "base/files.h"
#include "base/ids.h"

namespace drydock::runtime {
namespace {

constexpr int kMaxLinks = 16;

// "/a//b/" and "/a/./b" are one place.
std::string normal(const std::string& path) {
  std::string text = std::filesystem::path(path).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

std::size_t depth(const std::string& path) {
  return static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}

Status check_destination(const std::string& container, const std::string& path) {
  if (path.empty() || path.front() != '/')
    return fail(Errc::kInvalid,
                "container '" + container + "': mount path '" + path + "' is not absolute");
  if (path == "/")
    return fail(Errc::kInvalid, "container '" + container + "': nothing can be mounted over '/'");
  return {};
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

// The target of `path` itself when that is a symbolic link, as a path from the root; otherwise
// empty.
std::string link_target(int root_fd, const std::string& path) {
  auto fd = open_in_root(root_fd, path, O_PATH | O_NOFOLLOW);
  struct stat st {};
  if (!fd || ::fstat(fd->get(), &st) != 0 || !S_ISLNK(st.st_mode)) return {};
  char text[PATH_MAX];
  const ssize_t n = ::readlinkat(fd->get(), "", text, sizeof text);
  if (n <= 0 || n == static_cast<ssize_t>(sizeof text)) return {};
  const std::string target(text, static_cast<std::size_t>(n));
  return target.front() == '/' ? target : parent_of(path) + "/" + target;
}

// The first part of `path` that does not resolve, if it is a dangling link, replaced by what it
// points to.
std::string without_dangling(int root_fd, const std::string& path) {
  std::size_t at = 0;
  while (at != std::string::npos) {
    at = path.find('/', at + 1);
    const std::string part = path.substr(0, at);
    if (open_in_root(root_fd, part, O_PATH)) continue;
    const std::string target = link_target(root_fd, part);
    if (target.empty()) return path;
    return at == std::string::npos ? target : target + path.substr(at);
  }
  return path;
}

Status make_place(int root_fd, const std::string& wanted, bool folder) {
  std::string path = wanted;
  for (int links = 0; links < kMaxLinks; ++links) {
    const std::string next = without_dangling(root_fd, path);
    if (next == path) break;
    path = next;
    DRYDOCK_TRY(make_dirs_in_root(root_fd, parent_of(path)).map([](const UniqueFd&) {}));
  }
  if (folder) return make_dirs_in_root(root_fd, path).map([](const UniqueFd&) {});
  if (open_in_root(root_fd, path, O_PATH)) return {};
  DRYDOCK_TRY(make_dirs_in_root(root_fd, parent_of(path)).map([](const UniqueFd&) {}));
  return open_in_root(root_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY, 0644)
      .map([](const UniqueFd&) {});
}

}  // namespace

Result<std::vector<BindMount>> container_mounts(const MountInput& input) {
  const std::string& name = input.container.name;
  std::set<std::string> image_volumes;
  for (const std::string& path : input.image_volumes) image_volumes.insert(normal("/" + path));
  std::vector<BindMount> mounts;
  std::set<std::string> taken;
  auto add = [&](BindMount mount) {
    if (taken.insert(mount.destination).second) mounts.push_back(std::move(mount));
  };

  for (const taskdef::MountPoint& point : input.container.mount_points) {
    const auto volume = input.volumes.find(point.source_volume);
    if (volume == input.volumes.end())
      return fail(Errc::kInvalid,
                  "container '" + name + "': unknown volume '" + point.source_volume + "'");
    const std::string destination = normal(point.container_path);
    DRYDOCK_TRY(check_destination(name, destination));
    add({volume->second, destination, point.read_only, image_volumes.count(destination) > 0,
         point.source_volume});
  }
  for (const taskdef::VolumeFrom& from : input.container.volumes_from) {
    const auto source = input.others.find(from.source_container);
    if (source == input.others.end())
      return fail(Errc::kInvalid, "container '" + name +
                                      "': volumesFrom names the unknown container '" +
                                      from.source_container + "'");
    for (BindMount mount : source->second) {
      mount.read_only = mount.read_only || from.read_only;
      mount.from_image = false;  // its owner fills it
      add(std::move(mount));
    }
  }
  for (const std::string& path : image_volumes)
    if (path != "/")
      add({input.anonymous_folder + "/" + sha256_hex(path).substr(0, 16), path, false, true, ""});

  std::stable_sort(mounts.begin(), mounts.end(), [](const BindMount& a, const BindMount& b) {
    return depth(a.destination) < depth(b.destination);
  });
  return mounts;
}

Status make_mount_points(int root_fd, const std::vector<BindMount>& mounts) {
  for (const BindMount& mount : mounts) {
    struct stat st {};
    if (::stat(mount.source.c_str(), &st) != 0) return fail_errno("mount " + mount.source);
    if (auto made = make_place(root_fd, mount.destination, S_ISDIR(st.st_mode)); !made)
      return tl::unexpected(
          std::move(made.error()).in("make the mount point " + mount.destination));
  }
  return {};
}

}  // namespace drydock::runtime
