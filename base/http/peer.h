#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

namespace drydock::http {

struct Peer {
  std::string address;  // empty on a unix socket
  int port = 0;
  std::optional<uid_t> uid;
};

// Who is at the other end of the connection `fd`. With `ask_uid` also who owns that socket:
// SO_PEERCRED, or for TCP a sock_diag question, which finds peers in the calling thread's network
// namespace only (loopback, for our purposes).
Peer peer_of(int fd, bool ask_uid);

}  // namespace drydock::http
