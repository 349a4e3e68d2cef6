#pragma once
#include <string>
#include <vector>

#include "base/result.h"

namespace drydock::images {

struct RootfsRequest {
  std::string layers_dir;          // Store::layers_dir()
  std::vector<std::string> lower;  // Image::lower
  std::string scratch;  // absolute folder of this container; upper/ and work/ are made in it
  std::string target;   // absolute folder to mount on; made when absent
  bool read_only =
      false;  // the mount itself (runc's readonlyRootfs wants a writable mount: leave it false)
};

// Sole owner of a container's mounted root file system; unmounts when it goes.
class Rootfs {
 public:
  Rootfs() = default;
  Rootfs(Rootfs&& other) noexcept;
  Rootfs& operator=(Rootfs&& other) noexcept;
  ~Rootfs();

  // Mounts. Errors name the paths; kUnsupported when the scratch folder's file system cannot be an
  // upper layer (overlay on overlay), kNotFound when a layer is gone.
  static Result<Rootfs> mount(const RootfsRequest& request);
  // Takes over what an earlier process mounted at `target`; kNotFound when nothing is mounted
  // there.
  static Result<Rootfs> adopt(const std::string& target);

  const std::string& path() const { return target_; }
  // Unmounts now (lazily: open files live on until closed); nothing mounted is success.
  Status unmount();
  // Leaves it mounted when this object goes: for a daemon that ends while its tasks run on.
  std::string keep_mounted();

 private:
  explicit Rootfs(std::string target) : target_(std::move(target)) {}
  std::string target_;
};

// Unmounts whatever lies on `target`, by path; nothing mounted is success. For sweeping leftovers.
Status unmount_rootfs(const std::string& target);

}  // namespace drydock::images
