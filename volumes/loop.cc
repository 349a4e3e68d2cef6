#include "volumes/loop.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/spawn.h"

namespace drydock::volumes {
namespace {

constexpr int kTries = 32;  // another program may take the free loop device first

Result<std::string> find_mkfs(const std::string& type) {
  for (const char* folder : {"/usr/sbin/", "/sbin/", "/usr/local/sbin/"})
    if (const std::string path = folder + ("mkfs." + type); exists(path)) return path;
  return fail(Errc::kUnsupported, "mkfs." + type + " is not installed: apt-get install " +
                                      (type == "xfs" ? "xfsprogs" : "e2fsprogs"));
}

}  // namespace

Status make_file_system(const std::string& type, const std::string& file,
                        std::vector<std::string> options) {
  SpawnRequest request;
  DRYDOCK_LET(request.program, find_mkfs(type));
  request.args = std::move(options);
  request.args.push_back(file);
  request.env = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  DRYDOCK_LET(const Child child, spawn(request));
  siginfo_t info{};
  if (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(child.pidfd.get()), &info,
               WEXITED) != 0)
    return fail_errno("wait for " + request.program);
  if (info.si_code != CLD_EXITED || info.si_status != 0)
    return fail(Errc::kSystem,
                request.program + " " + file + " ended with " + std::to_string(info.si_status));
  return {};
}

Result<UniqueFd> attach_loop(const UniqueFd& file, std::string& device) {
  UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control)
    return fail(Errc::kUnsupported,
                "/dev/loop-control cannot be opened: " + fail_errno("open").value().message +
                    "; load loop devices (modprobe loop)");
  loop_config config{};
  config.fd = static_cast<__u32>(file.get());
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO;
  for (int i = 0; i < kTries; ++i) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return fail_errno("find a free loop device");
    device = "/dev/loop" + std::to_string(number);
    UniqueFd loop(::open(device.c_str(), O_RDWR | O_CLOEXEC));
    if (!loop) return fail_errno("open " + device);
    if (::ioctl(loop.get(), LOOP_CONFIGURE, &config) == 0) return loop;
    if (errno == EINVAL && (config.info.lo_flags & LO_FLAGS_DIRECT_IO)) {
      config.info.lo_flags &= ~static_cast<unsigned>(LO_FLAGS_DIRECT_IO);
      continue;
    }
    if (errno != EBUSY) return fail_errno("set up " + device);
  }
  return fail(Errc::kBusy, "no loop device stays free; look at losetup -a");
}

}  // namespace drydock::volumes
