#include "logrouter/firelens/router_socket.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>

namespace drydock::logrouter {

Result<UniqueFd> connect_router(const std::string& folder) {
  const std::string name = folder + "/" + kRouterSocket;
  const UniqueFd dir(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!dir) return fail_errno("open " + folder);
  open_how how{};
  how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  const UniqueFd file(
      static_cast<int>(::syscall(SYS_openat2, dir.get(), kRouterSocket, &how, sizeof how)));
  if (!file) return fail_errno("open " + name);
  struct stat st {};
  if (::fstat(file.get(), &st) != 0) return fail_errno("look at " + name);
  if (!S_ISSOCK(st.st_mode)) return fail(Errc::kInvalid, name + " is no socket");

  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("make a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // The very file that was looked at, by a path of any folder's length.
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", file.get());
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("connect to " + name);
  return fd;
}

}  // namespace drydock::logrouter
