#include "base/http/peer.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/unique_fd.h"

namespace drydock::http {
namespace {

struct Question {
  nlmsghdr head{};
  inet_diag_req_v2 body{};
};

void put_address(const sockaddr_storage& from, std::uint32_t* address, std::uint16_t& port) {
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    std::memcpy(address, &v4.sin_addr, sizeof v4.sin_addr);
    port = v4.sin_port;
  } else {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    std::memcpy(address, &v6.sin6_addr, sizeof v6.sin6_addr);
    port = v6.sin6_port;
  }
}

Question question(const sockaddr_storage& peer, const sockaddr_storage& local) {
  Question q;
  q.head.nlmsg_len = sizeof q;
  q.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  q.head.nlmsg_flags = NLM_F_REQUEST;
  q.body.sdiag_family = static_cast<std::uint8_t>(peer.ss_family);
  q.body.sdiag_protocol = IPPROTO_TCP;
  q.body.idiag_states = ~0u;
  q.body.id.idiag_cookie[0] = q.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  put_address(peer, q.body.id.idiag_src, q.body.id.idiag_sport);
  put_address(local, q.body.id.idiag_dst, q.body.id.idiag_dport);
  return q;
}

// The kernel answers one exact question with one socket or an error.
std::optional<uid_t> tcp_owner(const sockaddr_storage& peer, const sockaddr_storage& local) {
  UniqueFd netlink(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink) return std::nullopt;
  const Question q = question(peer, local);
  if (::send(netlink.get(), &q, sizeof q, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof q))
    return std::nullopt;
  alignas(nlmsghdr) char buffer[4096];
  const ssize_t got = ::recv(netlink.get(), buffer, sizeof buffer, 0);
  const auto* const head = reinterpret_cast<const nlmsghdr*>(buffer);
  if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(inet_diag_msg))) ||
      head->nlmsg_type != SOCK_DIAG_BY_FAMILY)
    return std::nullopt;
  const auto* const found = static_cast<const inet_diag_msg*>(NLMSG_DATA(head));
  // A lookup may fall back to a listening socket on that port; only the exact peer counts.
  if (found->id.idiag_sport != q.body.id.idiag_sport ||
      found->id.idiag_dport != q.body.id.idiag_dport)
    return std::nullopt;
  // A socket that its process has closed has no inode, and many kernels then name root its owner.
  const int state = found->idiag_state;
  const bool connected =
      state == TCP_ESTABLISHED || state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2;
  if (found->idiag_inode == 0 || !connected) return std::nullopt;
  return found->idiag_uid;
}

std::string text_of(const sockaddr_storage& address, int& port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    port = ntohs(v6.sin6_port);
  }
  return text;
}

}  // namespace

Peer peer_of(int fd, bool ask_uid) {
  Peer peer;
  sockaddr_storage remote{}, local{};
  socklen_t remote_size = sizeof remote, local_size = sizeof local;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&remote), &remote_size) != 0) return peer;
  if (remote.ss_family == AF_UNIX) {
    ucred owner{};
    socklen_t size = sizeof owner;
    if (ask_uid && ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &size) == 0)
      peer.uid = owner.uid;
    return peer;
  }
  peer.address = text_of(remote, peer.port);
  if (ask_uid && ::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &local_size) == 0)
    peer.uid = tcp_owner(remote, local);
  return peer;
}

}  // namespace drydock::http
