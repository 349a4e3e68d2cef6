#pragma once
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "netns/dns/message.h"
#include "netns/dns/reactor.h"
#include "netns/dns/servers.h"

namespace drydock::netns::dns {

// Asks servers: one after another until one answers, over TCP when the answer is long. Each try has
// a socket, a port and an id of its own, chosen by the kernel at random, and takes a packet only
// from the server it asked, with the question it asked. For the reactor's thread.
class Forwarder {
 public:
  // What a server said, also that it failed; null when none answered in time.
  using Done = std::function<void(const Message* said)>;

  explicit Forwarder(Reactor& reactor);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  void use(std::vector<Server> servers) { ranking_ = Ranking(std::move(servers)); }
  // `done` is called once, later or (without any server) at once.
  void ask(const Question& question, bool dnssec_ok, bool checking_disabled, Done done);
  std::size_t asking() const;

 private:
  struct Ask;
  void next(Ask& ask);
  void send_udp(Ask& ask);
  void read_udp(Ask& ask);
  void begin_tcp(Ask& ask);
  void go_on_tcp(Ask& ask);
  bool write_tcp(Ask& ask);
  bool read_tcp(Ask& ask);
  void take(Ask& ask, std::string_view packet, bool over_tcp);
  void failed(Ask& ask);
  void end_try(Ask& ask);
  void finish(Ask& ask, const Message* said);
  const Server& server_of(const Ask& ask) const;

  Reactor& reactor_;
  Ranking ranking_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Ask>> asks_;
};

}  // namespace drydock::netns::dns
