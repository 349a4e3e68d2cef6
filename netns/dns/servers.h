#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netns/address.h"
#include "netns/dns/cache.h"

// The servers that are asked for what is not local.
namespace drydock::netns::dns {

struct Server {
  std::string text;  // "10.0.0.2", "[fe80::1%eth0]:5353": as it was named
  sockaddr_storage address{};
  socklen_t length = 0;
};

// An IPv4 or IPv6 address, with ":port" (IPv6 in brackets then); nothing when it is none.
std::optional<Server> parse_server(std::string_view text);
// The name servers of a resolv.conf text, in order; those that can't be read are left out.
std::vector<Server> servers_in(std::string_view resolv_conf);
// The host's servers, asked from the host's own namespace, so those on its loopback count. The stub
// of systemd-resolved is followed to the servers behind it, where `resolved` names any.
std::vector<Server> host_servers(const std::string& etc = "/etc/resolv.conf",
                                 const std::string& resolved = "/run/systemd/resolve/resolv.conf");

// In which order servers are asked: as named, but those that failed lately last.
class Ranking {
 public:
  explicit Ranking(std::vector<Server> servers) : servers_(std::move(servers)) {}
  std::vector<Server> order(Clock::time_point now) const;
  void failed(const std::string& text, Clock::time_point now) { failed_[text] = now; }
  void answered(const std::string& text) { failed_.erase(text); }
  const std::vector<Server>& servers() const { return servers_; }

 private:
  std::vector<Server> servers_;
  std::map<std::string, Clock::time_point> failed_;
};

}  // namespace drydock::netns::dns
