#pragma once
#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/http/authority.h"
#include "base/result.h"

namespace drydock::http {

// One connection's TLS, over a non-blocking socket that somebody else owns. The process must ignore
// SIGPIPE.
class TlsStream {
 public:
  virtual ~TlsStream() = default;
  // As recv(2) and send(2): EAGAIN while the socket has to be waited for (the handshake is done by
  // recv). What is no TLS is EPROTO.
  virtual ssize_t recv(char* buffer, std::size_t size) = 0;
  virtual ssize_t send(const char* data, std::size_t size) = 0;
  virtual void shutdown() = 0;  // says that nothing follows
};

// The server's side of TLS 1.2 and 1.3, for hosts that clients name (SNI).
class TlsServer {
 public:
  virtual ~TlsServer() = default;
  virtual std::unique_ptr<TlsStream> begin(int socket) = 0;  // null: out of memory

  // `serves` says which hosts are answered for; a client that names another, or none, is sent away.
  static Result<std::shared_ptr<TlsServer>> make(std::shared_ptr<Authority> authority,
                                                 std::function<bool(const std::string&)> serves);
};

}  // namespace drydock::http
