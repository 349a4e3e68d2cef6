#include "cli/doctor/overlay_trial.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>

#include <thread>

#include "base/files.h"

namespace drydock::cli {
namespace {

// On a thread that ends right after: its namespace goes with it, and the mount with that.
Status mount_alone(const std::string& folder) {
  if (::unshare(CLONE_FS | CLONE_NEWNS) != 0) return fail_errno("make a mount namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return fail_errno("make mounts private");
  const std::string options =
      "lowerdir=" + folder + "/lower,upperdir=" + folder + "/upper,workdir=" + folder + "/work";
  if (::mount("overlay", (folder + "/merged").c_str(), "overlay", 0, options.c_str()) != 0)
    return fail_errno("mount an overlay");
  if (::umount2((folder + "/merged").c_str(), MNT_DETACH) != 0) return fail_errno("unmount it");
  return {};
}

}  // namespace

Status try_overlay(const std::string& folder) {
  std::string name = folder + "/.drydock-doctor-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) return fail_errno("make a folder in " + folder);
  Status outcome;
  for (const char* part : {"/lower", "/upper", "/work", "/merged"})
    if (outcome) outcome = make_dirs(name + part);
  if (outcome) std::thread([&] { outcome = mount_alone(name); }).join();
  const auto removed = remove_tree(name);
  return outcome ? removed : outcome;
}

}  // namespace drydock::cli
