#include "volumes/block.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/files.h"
#include "base/json.h"
#include "volumes/loop.h"

namespace drydock::volumes {
namespace {

// What mkfs is told beside the file.
std::vector<std::string> mkfs_options(const std::string& type) {
  if (type == "xfs") return {"-q"};
  return {"-q", "-F", "-m", "0", "-E", "nodiscard,lazy_itable_init=1"};
}

}  // namespace

Status make_block(const BlockVolume& volume, const std::string& folder,
                  const std::string& task_id) {
  const std::string disk = folder + "/disk";
  if (exists(disk)) return {};
  DRYDOCK_TRY(make_dirs(folder, 0700));
  DRYDOCK_TRY(write_file_atomic(folder + "/volume.json",
                                pretty_json({{"name", volume.name},
                                             {"task", task_id},
                                             {"sizeInGiB", volume.size_gib},
                                             {"filesystemType", volume.file_system},
                                             {"deleteOnTermination", volume.delete_on_termination},
                                             {"createdAt", epoch_seconds(now())}}),
                                0600));
  const std::string making = disk + ".new";
  {
    UniqueFd file(::open(making.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file) return fail_errno("make " + making);
    if (::ftruncate(file.get(), volume.size_gib << 30) != 0)
      return fail_errno("make " + making + " " + std::to_string(volume.size_gib) + " GiB long");
  }
  DRYDOCK_TRY(make_file_system(volume.file_system, making, mkfs_options(volume.file_system)));
  if (::rename(making.c_str(), disk.c_str()) != 0) return fail_errno("rename " + making);
  return {};
}

Status mount_block(const BlockVolume& volume, const std::string& folder,
                   const std::string& target) {
  const std::string disk = folder + "/disk";
  DRYDOCK_TRY(make_dirs(target));
  UniqueFd file(::open(disk.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) return fail_errno("open " + disk);
  std::string device;
  auto loop = attach_loop(file, device);
  if (!loop) return tl::unexpected(std::move(loop.error()).in("an EBS volume"));
  if (::mount(device.c_str(), target.c_str(), volume.file_system.c_str(), MS_NODEV, nullptr) == 0)
    return {};
  if (errno == ENODEV)
    return fail(Errc::kUnsupported, "this kernel has no " + volume.file_system +
                                        "; load it (modprobe " + volume.file_system +
                                        ") or name another filesystemType");
  return fail_errno("mount " + disk + " as " + volume.file_system);
}

bool goes_with(const std::string& folder, const std::string& task_id) {
  const auto text = read_file(folder + "/volume.json", 1u << 16);
  const auto json = text ? parse_json(*text) : Result<Json>(Json::object());
  return json && json->is_object() && json_string(*json, "task") == task_id &&
         json_bool(*json, "deleteOnTermination");
}

}  // namespace drydock::volumes
