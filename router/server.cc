#include "router/server.h"

#include <sys/socket.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/http/door.h"

namespace drydock::router {
namespace {

constexpr std::size_t kMostConnections = 512;
constexpr std::size_t kMuch = 16u << 20;  // bytes that wait: no more is read
constexpr std::size_t kFew = 8u << 20;    // until it is this again
constexpr std::size_t kRead = 64u << 10;

}  // namespace

Server::Server(Loop& loop, Router& router, Router::Tell tell)
    : loop_(loop), router_(router), tell_(std::move(tell)) {}

Status Server::open(const logrouter::RouterSection& input) {
  const bool forward = input.get("Name") == "forward";
  if (!forward && input.get("Name") != "tcp")
    return fail(Errc::kUnsupported, "input " + input.get("Name") + " is not known here");
  UniqueFd fd;
  if (const std::string path = input.get("unix_path"); !path.empty()) {
    DRYDOCK_LET(fd, http::listen_unix(path, 0666, 0));
  } else {
    DRYDOCK_LET(fd, http::listen_tcp(input.get("Listen"), std::atoi(input.get("Port").c_str())));
  }
  const int raw = fd.get();
  listeners_.push_back({std::move(fd), {}});
  listeners_.back().on_caller = loop_.readable(raw, [this, raw, forward] { accept(raw, forward); });
  return {};
}

void Server::close() {
  listeners_.clear();
  connections_.clear();
}

void Server::accept(int listener, bool speaks_forward) {
  for (;;) {
    UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    if (connections_.size() >= kMostConnections) continue;  // closed again
    const int id = next_++;
    Connection& connection = connections_[id];
    connection.fd = std::move(fd);
    connection.speaks_forward = speaks_forward;
    listen_to(id);
  }
}

void Server::listen_to(int id) {
  Connection& connection = connections_.at(id);
  connection.on_data = loop_.readable(connection.fd.get(), [this, id] { read(id); });
}

void Server::read(int id) {
  Connection& connection = connections_.at(id);
  char buffer[kRead];
  const ssize_t n = ::recv(connection.fd.get(), buffer, sizeof buffer, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    connections_.erase(id);
    return;
  }
  if (!connection.speaks_forward) return;  // a health check: it reached us
  connection.decoder.feed({buffer, static_cast<std::size_t>(n)});
  if (!take(id, connection)) connections_.erase(id);
}

// What has arrived whole. False: the peer speaks something else.
bool Server::take(int id, Connection& connection) {
  for (;;) {
    if (router_.waiting() > kMuch) {
      connection.on_data.cancel();
      paused_.insert(id);
      return true;
    }
    auto message = connection.decoder.next();
    if (!message) {
      tell_("a connection is closed: " + message.error().message);
      return false;
    }
    if (!*message) return true;
    const std::uint64_t number = connection.first + connection.pending.size();
    connection.pending.push_back({(*message)->chunk});
    router_.route(std::move(**message),
                  [this, id, number] { loop_.post([this, id, number] { taken(id, number); }); });
  }
}

void Server::taken(int id, std::uint64_t number) {
  if (const auto at = connections_.find(id); at != connections_.end()) {
    at->second.pending[number - at->second.first].taken = true;
    acknowledge(id);
  }
  if (router_.waiting() < kFew) go_on();
}

void Server::acknowledge(int id) {
  Connection& connection = connections_.at(id);
  std::string acks;
  while (!connection.pending.empty() && connection.pending.front().taken) {
    const std::string& chunk = connection.pending.front().chunk;
    if (!chunk.empty()) acks += logrouter::forward_ack(chunk);
    connection.pending.pop_front();
    ++connection.first;
  }
  // A sender that does not read its answers will send again.
  if (!acks.empty() && ::send(connection.fd.get(), acks.data(), acks.size(),
                              MSG_NOSIGNAL | MSG_DONTWAIT) != static_cast<ssize_t>(acks.size()))
    connections_.erase(id);
}

void Server::go_on() {
  for (const int id : std::exchange(paused_, {})) {
    const auto at = connections_.find(id);
    if (at == connections_.end()) continue;
    if (!take(id, at->second))
      connections_.erase(at);
    else if (!paused_.contains(id))
      listen_to(id);
  }
}

}  // namespace drydock::router
