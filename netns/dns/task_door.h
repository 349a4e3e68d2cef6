#pragma once
#include <netinet/in.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "netns/dns/message.h"
#include "netns/dns/reactor.h"

namespace drydock::netns::dns {

// Both bound to 127.0.0.1:51653 in a task's namespace (decision 1).
struct Sockets {
  UniqueFd udp, tcp;
};
// Opens them in the calling thread's namespace.
Result<Sockets> listen_for_dns();

// What one task may use of the resolver; more is dropped, as by a busy server.
inline constexpr int kMaxConnections = 32;
inline constexpr int kMaxAtOnce = 64;  // queries that wait for a server
inline constexpr std::size_t kMaxQuery = 4096;
inline constexpr int kMaxASecond = 1024;               // queries, as in a VPC
inline constexpr std::size_t kMaxUnsent = 256u << 10;  // replies that a connection does not take

// Who asked: to be handed back with the reply.
struct Asker {
  std::uint64_t connection = 0;  // 0: over UDP, from `peer`
  sockaddr_in peer{};
};

// The resolver's side of one task: its datagrams and connections. For the reactor's thread.
class TaskDoor {
 public:
  using OnQuery = std::function<void(const Asker& asker, std::string_view packet)>;

  TaskDoor(Reactor& reactor, Sockets sockets, OnQuery on_query);
  ~TaskDoor();
  TaskDoor(const TaskDoor&) = delete;
  TaskDoor& operator=(const TaskDoor&) = delete;

  // A reply that can't be sent is lost; the client asks again. At most `limit` bytes over UDP.
  void reply(const Asker& asker, const Message& message, std::size_t limit);
  int waiting = 0;  // queries of this task that wait for a server

 private:
  struct Connection;
  void watch_udp();
  void read_udp();
  bool within_budget();
  void accept_some();
  void ready(std::uint64_t id);
  bool read_some(Connection& c);
  bool take_packets(Connection& c);
  bool write_some(Connection& c);
  void drop(std::uint64_t id);
  void restart_timer(Connection& c);

  Reactor& reactor_;
  Sockets sockets_;
  OnQuery on_query_;
  std::uint64_t last_ = 0;
  Reactor::TimerId pause_ = 0, udp_pause_ = 0;
  Clock::time_point second_{};  // when counting began
  int asked_ = 0;               // since then
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
};

}  // namespace drydock::netns::dns
