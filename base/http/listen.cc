#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "base/http/door.h"

namespace drydock::http {
namespace {

constexpr int kBacklog = 511;

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return fail(Errc::kInvalid, "socket path \"" + path + "\" must have 1 to " +
                                    std::to_string(sizeof address.sun_path - 1) +
                                    " characters; choose a shorter --run folder");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

// Removes a socket file behind which nobody listens.
Status clear_stale(const std::string& path, const sockaddr_un& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0)
    return errno == ENOENT ? Status() : Status(fail_errno("look at " + path));
  if (!S_ISSOCK(found.st_mode))
    return fail(Errc::kExists, path + " exists and is not a socket; move it away");
  UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return fail_errno("socket");
  const auto* const where = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(probe.get(), where, sizeof address) == 0 || errno == EAGAIN)
    return fail(Errc::kBusy,
                path + " is served by another program; stop it or choose another path");
  if (errno != ECONNREFUSED) return fail_errno("connect to " + path);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return fail_errno("remove the stale socket " + path);
  return {};
}

Status start_listening(int fd, const std::string& name) {
  if (::listen(fd, kBacklog) != 0) return fail_errno("listen on " + name);
  return {};
}

}  // namespace

Result<UniqueFd> listen_tcp(const std::string& address, int port) {
  const std::string name = address + ":" + std::to_string(port);
  sockaddr_storage where{};
  socklen_t size = 0;
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&where);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&where);
  if (port < 0 || port > 65535)
    return fail(Errc::kInvalid, "port " + std::to_string(port) + " is not within 0 to 65535");
  if (::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(port));
    size = sizeof *v4;
  } else if (::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(port));
    size = sizeof *v6;
  } else {
    return fail(Errc::kInvalid, "\"" + address + "\" is not an IP address");
  }
  UniqueFd fd(::socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), size) != 0) {
    if (errno != EADDRINUSE) return fail_errno("bind " + name);
    return fail(Errc::kBusy,
                "address " + name + " is taken by another program; stop it or choose another port");
  }
  DRYDOCK_TRY(start_listening(fd.get(), name));
  return fd;
}

Result<UniqueFd> listen_unix(const std::string& path, mode_t mode, gid_t group) {
  DRYDOCK_LET(const sockaddr_un address, unix_address(path));
  DRYDOCK_TRY(clear_stale(path, address));
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("socket");
  // A mode on the unbound socket becomes the file's: nobody can connect before it is right.
  if (::fchmod(fd.get(), mode) != 0) return fail_errno("set the mode of " + path);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("bind " + path);
  // Connecting is refused until listen(), so the owner and mode are set in time whatever the umask
  // was.
  Status ok = ::lchown(path.c_str(), static_cast<uid_t>(-1), group) == 0
                  ? Status()
                  : Status(fail_errno("chown " + path));
  if (ok && ::chmod(path.c_str(), mode) != 0) ok = fail_errno("chmod " + path);
  if (ok) ok = start_listening(fd.get(), path);
  if (!ok) {
    ::unlink(path.c_str());
    return tl::unexpected(ok.error());
  }
  return fd;
}

Result<int> bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return fail_errno("ask for a socket's port");
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

}  // namespace drydock::http
