#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/http/message.h"
#include "base/http/tls.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace drydock::http {

// What one listening socket allows. Times are totals, not per read.
struct DoorLimits {
  std::size_t head_bytes = limits::kHttpHead;
  std::size_t body_bytes = limits::kApiBody;
  std::chrono::seconds head_time{10};
  std::chrono::seconds body_time{60};
  std::chrono::seconds idle_time{75};
  std::chrono::seconds write_time{60};  // without the client taking a byte
  int connections = 512;
  bool ask_peer_uid = false;  // fill Request::remote_uid (SO_PEERCRED; sock_diag for loopback TCP)
};

// A surface behind a listening socket.
struct Surface {
  Handler handler;
  // True for requests whose body is to be read while it arrives (Request::stream); those handlers
  // run on a thread of their own, at most 128 at once. DoorLimits::body_bytes does not apply to
  // them, and body_time is the longest pause between bytes. Runs on the reactor: must be quick.
  std::function<bool(const Request& head)> streams_body;
  DoorLimits limits;
  // Set: connections speak TLS. Such a surface takes nothing over (Response::take_over).
  std::shared_ptr<TlsServer> tls = {};
};

// The one HTTP server of the project: one reactor thread does all socket reads and writes, a few
// workers run handlers. cpp-httplib parses and formats; it never owns a socket (libraries.md 3.1,
// decision 9).
class Door {
 public:
  explicit Door(int workers = 4);
  ~Door();  // closes everything
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  // Serves connections of a listening socket (TCP or unix, made in any network namespace).
  // Thread-safe. Returns an id for close().
  int open(UniqueFd listening, Surface surface);
  // Stops listening there and drops its connections; returns when its descriptors are closed. A
  // handler that runs meanwhile runs on, its reply goes nowhere; only ~Door waits for handlers.
  // Thread-safe, also from handlers.
  void close(int id);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Listening sockets: close-on-exec, SO_REUSEADDR only, backlog 511.
Result<UniqueFd> listen_tcp(const std::string& address, int port);
// The port a TCP socket is bound to: asked for 0, the kernel chose one.
Result<int> bound_port(int fd);
// Replaces a stale socket file (nobody answers there); kBusy when somebody does. `mode` is set
// before anyone can connect.
Result<UniqueFd> listen_unix(const std::string& path, mode_t mode, gid_t group);

}  // namespace drydock::http
