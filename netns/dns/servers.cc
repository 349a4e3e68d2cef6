#include "netns/dns/servers.h"

#include <netdb.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <sstream>

#include "base/files.h"

namespace drydock::netns::dns {
namespace {

constexpr std::size_t kMaxServers = 8;
constexpr std::chrono::seconds kDistrust{30};

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  return ec == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65536;
}

// systemd-resolved listens on these two.
bool is_stub(const Server& s) {
  return s.text == "127.0.0.53" || s.text == "127.0.0.54" || s.text == "::1%lo";
}

std::vector<Server> read_servers(const std::string& path) {
  const auto text = read_file(path, 1u << 20);
  return text ? servers_in(*text) : std::vector<Server>();
}

}  // namespace

std::optional<Server> parse_server(std::string_view text) {
  std::string host(text), port = "53";
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == text.npos) return std::nullopt;
    host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest[0] != ':') return std::nullopt;
    if (!rest.empty()) port = rest.substr(1);
    if (host.find(':') == host.npos) return std::nullopt;
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    host = text.substr(0, text.find(':'));
    port = text.substr(text.find(':') + 1);
  }
  if (host.empty() || !is_port(port)) return std::nullopt;
  // Four decimal parts, where getaddrinfo would take "10" for 0.0.0.10.
  if (host.find(':') == host.npos && !parse_ipv4(host)) return std::nullopt;
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  Server server;
  server.text = text;
  server.length = found->ai_addrlen;
  std::memcpy(&server.address, found->ai_addr, found->ai_addrlen);
  return server;
}

std::vector<Server> servers_in(std::string_view resolv_conf) {
  std::vector<Server> servers;
  std::istringstream lines{std::string(resolv_conf)};
  for (std::string line; std::getline(lines, line) && servers.size() < kMaxServers;) {
    std::istringstream words(line);
    std::string keyword, name;
    if (!(words >> keyword >> name) || keyword != "nameserver") continue;
    if (auto server = parse_server(name)) servers.push_back(std::move(*server));
  }
  return servers;
}

std::vector<Server> host_servers(const std::string& etc, const std::string& resolved) {
  auto servers = read_servers(etc);
  if (!servers.empty() && !std::all_of(servers.begin(), servers.end(), is_stub)) {
    std::erase_if(servers, is_stub);
    return servers;
  }
  auto behind = read_servers(resolved);
  return behind.empty() ? servers : behind;
}

std::vector<Server> Ranking::order(Clock::time_point now) const {
  auto ordered = servers_;
  std::stable_partition(ordered.begin(), ordered.end(), [&](const Server& s) {
    const auto at = failed_.find(s.text);
    return at == failed_.end() || at->second + kDistrust <= now;
  });
  return ordered;
}

}  // namespace drydock::netns::dns
