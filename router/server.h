#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/loop.h"
#include "base/unique_fd.h"
#include "router/router.h"

namespace drydock::router {

// The inputs: senders of the Forward protocol, and health checks. On one loop's thread.
class Server {
 public:
  Server(Loop& loop, Router& router, Router::Tell tell);

  // What an [INPUT] section asks for. Errors name the address.
  Status open(const logrouter::RouterSection& input);
  // Takes no more.
  void close();

 private:
  struct Connection {
    UniqueFd fd;
    logrouter::ForwardDecoder decoder;
    Loop::Handle on_data;
    bool speaks_forward = true;
    // Messages that outputs still have. Acknowledged in their order: senders count on it.
    struct Pending {
      std::string chunk;
      bool taken = false;
    };
    std::deque<Pending> pending;
    std::uint64_t first = 0;  // the number of pending's first
  };
  struct Listener {
    UniqueFd fd;
    Loop::Handle on_caller;
  };
  void accept(int listener, bool speaks_forward);
  void listen_to(int id);
  void read(int id);
  bool take(int id, Connection& connection);
  void taken(int id, std::uint64_t number);
  void acknowledge(int id);
  void go_on();

  Loop& loop_;
  Router& router_;
  Router::Tell tell_;
  std::vector<Listener> listeners_;
  std::map<int, Connection> connections_;
  std::set<int> paused_;  // connections that wait for outputs
  int next_ = 0;
};

}  // namespace drydock::router
