#include "netns/dns/task_door.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>

#include "netns/plan.h"

namespace drydock::netns::dns {
namespace {

constexpr std::chrono::seconds kIdle{10};
constexpr std::chrono::milliseconds kPause{
    100};                  // without descriptors, or of a task that asks too much
constexpr int kTurn = 32;  // datagrams or connections before other tasks have theirs
constexpr int kBacklog = 128;

Result<UniqueFd> bound(int type) {
  UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("open the resolver's socket");
  const int on = 1;
  // TCP only: connections of a resolver that was killed must not be in the way.
  if (type == SOCK_STREAM) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(kDnsPort);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      (type == SOCK_STREAM && ::listen(fd.get(), kBacklog) != 0))
    return fail_errno("listen on 127.0.0.1:" + std::to_string(kDnsPort) +
                      " in the task's namespace");
  return fd;
}

}  // namespace

struct TaskDoor::Connection {
  std::uint64_t id = 0;
  UniqueFd socket;
  std::string in, out;
  bool wants_out = false;
  bool ended = false;  // the client sends no more, and may wait for replies
  int waiting = 0;     // queries without a reply yet
  Reactor::TimerId timer = 0;
};

Result<Sockets> listen_for_dns() {
  Sockets sockets;
  DRYDOCK_LET(sockets.udp, bound(SOCK_DGRAM));
  DRYDOCK_LET(sockets.tcp, bound(SOCK_STREAM));
  return sockets;
}

TaskDoor::TaskDoor(Reactor& reactor, Sockets sockets, OnQuery on_query)
    : reactor_(reactor), sockets_(std::move(sockets)), on_query_(std::move(on_query)) {
  watch_udp();
  reactor_.watch(sockets_.tcp.get(), EPOLLIN, [this] { accept_some(); });
}

TaskDoor::~TaskDoor() {
  while (!connections_.empty()) drop(connections_.begin()->first);
  reactor_.cancel(pause_);
  reactor_.cancel(udp_pause_);
  reactor_.forget(sockets_.udp.get());
  reactor_.forget(sockets_.tcp.get());
}

void TaskDoor::watch_udp() {
  reactor_.watch(sockets_.udp.get(), EPOLLIN, [this] { read_udp(); });
}

bool TaskDoor::within_budget() {
  const auto now = Clock::now();
  if (now >= second_ + std::chrono::seconds(1)) {
    second_ = now;
    asked_ = 0;
  }
  return asked_ < kMaxASecond;
}

void TaskDoor::read_udp() {
  for (int n = 0; n < kTurn; ++n) {
    if (!within_budget()) {
      // Unread: then the kernel drops what is too much, which costs nothing here.
      reactor_.forget(sockets_.udp.get());
      udp_pause_ = reactor_.after(kPause, [this] { watch_udp(); });
      return;
    }
    char buffer[kMaxQuery];
    Asker asker;
    socklen_t length = sizeof asker.peer;
    const ssize_t got = ::recvfrom(sockets_.udp.get(), buffer, sizeof buffer, 0,
                                   reinterpret_cast<sockaddr*>(&asker.peer), &length);
    if (got < 0) return;
    ++asked_;
    on_query_(asker, std::string_view(buffer, static_cast<std::size_t>(got)));
  }
}

void TaskDoor::accept_some() {
  for (int n = 0; n < kTurn; ++n) {
    UniqueFd fd(::accept4(sockets_.tcp.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      if (errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS) return;
      reactor_.forget(sockets_.tcp.get());
      pause_ = reactor_.after(kPause, [this] {
        reactor_.watch(sockets_.tcp.get(), EPOLLIN, [this] { accept_some(); });
      });
      return;
    }
    // The oldest goes: a task that hoards connections harms only itself.
    if (connections_.size() >= static_cast<std::size_t>(kMaxConnections))
      drop(connections_.begin()->first);
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::uint64_t id = ++last_;
    auto c = std::make_unique<Connection>();
    c->id = id;
    c->socket = std::move(fd);
    restart_timer(*c);
    reactor_.watch(c->socket.get(), EPOLLIN, [this, id] { ready(id); });
    connections_[id] = std::move(c);
  }
}

void TaskDoor::restart_timer(Connection& c) {
  reactor_.cancel(c.timer);
  c.timer = reactor_.after(kIdle, [this, id = c.id] { drop(id); });
}

void TaskDoor::drop(std::uint64_t id) {
  const auto at = connections_.find(id);
  if (at == connections_.end()) return;
  reactor_.cancel(at->second->timer);
  reactor_.forget(at->second->socket.get());
  connections_.erase(at);
}

void TaskDoor::ready(std::uint64_t id) {
  const auto at = connections_.find(id);
  if (at == connections_.end()) return;
  Connection& c = *at->second;
  if (c.wants_out) {
    const bool well = write_some(c);
    if (!well || (c.ended && c.waiting == 0 && !c.wants_out)) drop(id);
    return;
  }
  // Ended already: it has gone altogether.
  if (c.ended || !read_some(c)) return drop(id);
  if (!take_packets(c)) drop(id);
}

bool TaskDoor::read_some(Connection& c) {
  if (c.in.size() >= 2 + kMaxQuery) return true;
  char buffer[2 + kMaxQuery];
  const ssize_t n = ::recv(c.socket.get(), buffer, sizeof buffer - c.in.size(), 0);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) {
    c.ended = true;
    return c.waiting > 0 && reactor_.watch(c.socket.get(), 0, [this, id = c.id] { ready(id); });
  }
  c.in.append(buffer, static_cast<std::size_t>(n));
  return true;
}

// Only a whole query restarts the clock: bytes that trickle in don't keep a connection.
bool TaskDoor::take_packets(Connection& c) {
  const std::uint64_t id = c.id;
  while (c.in.size() >= 2) {
    const std::size_t length = static_cast<std::size_t>(static_cast<std::uint8_t>(c.in[0])) << 8 |
                               static_cast<std::uint8_t>(c.in[1]);
    if (length > kMaxQuery || !within_budget()) return false;
    if (c.in.size() < 2 + length) return true;
    const std::string packet = c.in.substr(2, length);
    c.in.erase(0, 2 + length);
    restart_timer(c);
    ++c.waiting;
    ++asked_;
    on_query_(Asker{id, {}}, packet);
    if (!connections_.contains(id)) return true;  // the reply could not be written
  }
  return true;
}

bool TaskDoor::write_some(Connection& c) {
  while (!c.out.empty()) {
    const ssize_t n = ::send(c.socket.get(), c.out.data(), c.out.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return false;
    c.out.erase(0, static_cast<std::size_t>(n));
  }
  const bool wants_out = !c.out.empty();
  if (wants_out == c.wants_out) return true;
  c.wants_out = wants_out;
  // Who does not take replies is not read from.
  std::uint32_t events = 0;
  if (wants_out)
    events = EPOLLOUT;
  else if (!c.ended)
    events = EPOLLIN;
  return reactor_.watch(c.socket.get(), events, [this, id = c.id] { ready(id); });
}

void TaskDoor::reply(const Asker& asker, const Message& message, std::size_t limit) {
  if (asker.connection == 0) {
    const std::string packet = encode(message, limit);
    (void)::sendto(sockets_.udp.get(), packet.data(), packet.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&asker.peer), sizeof asker.peer);
    return;
  }
  const auto at = connections_.find(asker.connection);
  if (at == connections_.end()) return;
  const std::string packet = encode(message);
  Connection& c = *at->second;
  c.out.push_back(static_cast<char>(packet.size() >> 8));
  c.out.push_back(static_cast<char>(packet.size() & 0xff));
  c.out += packet;
  --c.waiting;
  const bool done = c.ended && c.waiting == 0;
  if (!write_some(c) || c.out.size() > kMaxUnsent || (done && c.out.empty()))
    drop(asker.connection);
}

}  // namespace drydock::netns::dns
