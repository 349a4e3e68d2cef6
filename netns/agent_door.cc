#include "netns/agent_door.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "netns/address.h"
#include "netns/netns.h"
#include "netns/nft.h"

namespace drydock::netns {
namespace {

constexpr int kPort = 51678;
constexpr int kBacklog = 64;

Result<UniqueFd> listen_here() {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("open the introspection socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(kPort);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    if (errno == EADDRINUSE)
      return fail(Errc::kExists, "the task itself listens on port " + std::to_string(kPort));
    return fail_errno("listen on 127.0.0.1:" + std::to_string(kPort) + " in the task's namespace");
  }
  return fd;
}

std::string redirection(Ipv4 gateway) {
  const std::string port = std::to_string(kPort);
  return "add table ip drydock_agent\ndelete table ip drydock_agent\n"
         "table ip drydock_agent {\n  chain output {\n"
         "    type nat hook output priority -100; policy accept;\n    ip daddr " +
         to_string(gateway) + " tcp dport " + port + " redirect to :" + port + "\n  }\n}\n";
}

}  // namespace

Result<UniqueFd> listen_for_introspection(const std::string& netns_path,
                                          const std::string& gateway) {
  DRYDOCK_LET(const Ipv4 address, parse_ipv4(gateway));
  DRYDOCK_LET(const Netns ns, Netns::open(netns_path));
  UniqueFd listener;
  DRYDOCK_TRY(ns.run([&]() -> Status {
    DRYDOCK_LET(listener, listen_here());
    return nft(redirection(address));
  }));
  return listener;
}

}  // namespace drydock::netns
