#include "netns/host.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <sstream>

#include "base/files.h"
#include "netns/plan.h"

namespace drydock::netns {
namespace {

constexpr const char* kIpForward = "/proc/sys/net/ipv4/ip_forward";

Status set_sysctl(const std::string& path, std::string_view value) {
  if (auto now = read_file(path, 64); now && now->substr(0, now->find('\n')) == value) return {};
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return fail_errno("set " + path + " to " + std::string(value));
  auto written = write_all(fd.get(), value);
  if (!written) return tl::unexpected(std::move(written.error()).in("set " + path));
  return {};
}

// The socket inode of the first local user of `port` in /proc/net/{tcp,udp}[6], 0 for none.
unsigned long inode_of(const std::string& table, int port) {
  auto text = read_file("/proc/thread-self/net/" + table);
  if (!text) return 0;
  std::istringstream lines(*text);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    // sl local rem st tx:rx tr:when retrnsmt uid timeout inode
    std::istringstream words(line);
    std::string word, local, state;
    unsigned long inode = 0;
    words >> word >> local >> word >> state >> word >> word >> word >> word >> word >> inode;
    const auto colon = local.rfind(':');
    const bool listens = state == "0A" || state == "07";
    if (colon != local.npos && listens && std::stoi(local.substr(colon + 1), nullptr, 16) == port)
      return inode;
  }
  return 0;
}

std::string process_with(const std::string& link) {
  for (const auto& pid : list_dir("/proc")) {
    if (pid.find_first_not_of("0123456789") != pid.npos) continue;
    const std::string folder = "/proc/" + pid + "/fd";
    for (const auto& fd : list_dir(folder)) {
      char target[PATH_MAX];
      const ssize_t n = ::readlink((folder + "/" + fd).c_str(), target, sizeof target);
      if (n <= 0 || std::string_view(target, static_cast<std::size_t>(n)) != link) continue;
      auto name = read_file("/proc/" + pid + "/comm", 64);
      return "pid " + pid + (name ? " (" + name->substr(0, name->find('\n')) + ")" : "");
    }
  }
  return {};
}

}  // namespace

Result<bool> ensure_ip_forward(const std::string& note) {
  auto now = read_file(kIpForward, 64);
  if (now && now->substr(0, 1) == "1") return exists(note);
  // First the note: a daemon that dies in between turns off what is off.
  DRYDOCK_TRY(write_file_atomic(note, "0\n"));
  if (auto set = set_sysctl(kIpForward, "1"); !set)
    return fail(set.error().code, "net.ipv4.ip_forward is 0 and can't be changed (" +
                                      set.error().message +
                                      "); run \"sysctl -w net.ipv4.ip_forward=1\" on the host");
  return true;
}

Status restore_ip_forward(const std::string& note, bool still_needed) {
  if (!exists(note)) return {};
  if (!still_needed) DRYDOCK_TRY(set_sysctl(kIpForward, "0"));
  ::unlink(note.c_str());
  return {};
}

Status ensure_ipv6_forward(const std::string& note) {
  const std::string all = "/proc/sys/net/ipv6/conf/";
  auto now = read_file(all + "all/forwarding", 64);
  if (!now) return fail(Errc::kUnsupported, "network.ipv6: this kernel has no IPv6");
  if (now->substr(0, 1) == "1") return {};
  std::vector<std::string> links;
  for (const auto& link : list_dir(all))
    if (auto takes = read_file(all + link + "/accept_ra", 64); takes && takes->substr(0, 1) == "1")
      links.push_back(link);
  std::string text;
  for (const auto& link : links) text += link + "\n";
  DRYDOCK_TRY(write_file_atomic(note, text));
  // 2: although it forwards. A link that has gone meanwhile needs nothing.
  for (const auto& link : links) (void)set_sysctl(all + link + "/accept_ra", "2");
  return set_sysctl(all + "all/forwarding", "1");
}

Status restore_ipv6_forward(const std::string& note, bool still_needed) {
  const std::string all = "/proc/sys/net/ipv6/conf/";
  auto text = read_file(note, 1u << 20);
  if (!text) return {};
  if (!still_needed) {
    DRYDOCK_TRY(set_sysctl(all + "all/forwarding", "0"));
    std::istringstream links(*text);
    for (std::string link; std::getline(links, link);)
      (void)set_sysctl(all + link + "/accept_ra", "1");  // ignoring: the link may be gone
  }
  ::unlink(note.c_str());
  return {};
}

bool has_global_ipv6(const std::string& link) {
  // address index prefix scope flags name
  auto text = read_file("/proc/thread-self/net/if_inet6", 1u << 20);
  std::istringstream words(text ? *text : "");
  std::string address, index, prefix, scope, flags, name;
  while (words >> address >> index >> prefix >> scope >> flags >> name)
    if (name == link && scope == "00") return true;
  return false;
}

Status tune_bridge(const std::string& bridge) {
  const std::string conf = "/proc/sys/net/ipv4/conf/" + bridge + "/";
  DRYDOCK_TRY(set_sysctl(conf + "forwarding", "1"));
  DRYDOCK_TRY(set_sysctl(conf + "route_localnet", "1"));
  DRYDOCK_TRY(set_sysctl(conf + "proxy_arp_pvlan", "1"));
  return set_sysctl("/proc/sys/net/ipv4/neigh/" + bridge + "/proxy_delay", "0");
}

bool bridge_nf_call_iptables() {
  auto value = read_file("/proc/sys/net/bridge/bridge-nf-call-iptables", 64);
  return value && value->substr(0, 1) == "1";
}

bool is_local_address(const std::string& address) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  if (::inet_pton(AF_INET, address.c_str(), &where.sin_addr) != 1) return false;
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return fd && ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
}

Result<UniqueFd> hold_port(Ipv4 address, std::string_view protocol, int port, bool will_be) {
  UniqueFd fd(::socket(AF_INET, (protocol == "udp" ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("open a socket");
  const int on = will_be ? 1 : 0;
  ::setsockopt(fd.get(), IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  name.sin_addr.s_addr = htonl(address.value);
  // Without SO_REUSEADDR: with it another program could bind the same port beside us.
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0) return fd;
  if (errno == EADDRINUSE)
    return fail(Errc::kBusy,
                "port " + std::to_string(port) + "/" + std::string(protocol) + " is taken");
  if (errno == EADDRNOTAVAIL)
    return fail(Errc::kInvalid,
                to_string(address) + " is no address of this host; use 127.0.0.1 or 0.0.0.0");
  return fail_errno("bind " + to_string(address) + ":" + std::to_string(port));
}

std::string local_port_range() {
  return read_file("/proc/sys/net/ipv4/ip_local_port_range", 64).value_or("");
}

std::string port_owner(std::string_view protocol, int port) {
  for (const char* version : {"", "6"})
    if (const auto inode = inode_of(std::string(protocol) + version, port))
      if (auto who = process_with("socket:[" + std::to_string(inode) + "]"); !who.empty())
        return who;
  return "another program";
}

Result<UniqueFd> subnet_lock() {
  // A lock on the namespace itself: exactly those who share its routes share it, and no file stays
  // behind.
  UniqueFd fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open /proc/thread-self/ns/net");
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) return fail_errno("lock /proc/thread-self/ns/net");
  return fd;
}

}  // namespace drydock::netns
