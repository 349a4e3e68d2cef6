#include "runtime/bundle/etc_files.h"

#include <sstream>

#include "netns/plan.h"

namespace drydock::runtime {
namespace {

constexpr const char* kLocalHosts =
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::0\tip6-localnet\n"
    "ff00::0\tip6-mcastprefix\n"
    "ff02::1\tip6-allnodes\n"
    "ff02::2\tip6-allrouters\n";

std::string line(const std::string& address, const std::string& names) {
  return address + "\t" + names + "\n";
}

std::string hosts(const EtcInput& in) {
  // In the host's network Docker shows the host's file, unless there is something to add.
  if (!in.host_hosts.empty() && in.extra_hosts.empty()) return in.host_hosts;
  std::string text = kLocalHosts;
  for (const taskdef::HostEntry& entry : in.extra_hosts) {
    const bool gateway = entry.ip_address == "host-gateway";
    text += line(gateway ? in.gateway : entry.ip_address, entry.hostname);
  }
  for (const LinkedContainer& link : in.links) {
    std::string names = link.alias + " " + link.hostname;
    if (link.alias != link.docker_name) names += " " + link.docker_name;
    text += line(link.address, names);
  }
  if (!in.address.empty()) text += line(in.address, in.hostname);
  return text;
}

// The lines of a resolv.conf that begin with `word`.
std::string lines_with(const std::string& text, const std::string& word) {
  std::string found;
  std::istringstream lines(text);
  for (std::string one; std::getline(lines, one);)
    if (one.rfind(word + " ", 0) == 0) found += one + "\n";
  return found;
}

// What the container does not say is as the host has it, as far as that is to be seen.
std::string resolv_conf(const EtcInput& in) {
  if (in.dns_servers.empty() && in.dns_search.empty()) return in.host_resolv_conf;
  std::string text = netns::resolv_conf_file(in.dns_servers, in.dns_search);
  if (in.dns_servers.empty()) text = lines_with(in.host_resolv_conf, "nameserver") + text;
  if (in.dns_search.empty()) text += lines_with(in.host_resolv_conf, "search");
  return text;
}

}  // namespace

EtcFiles etc_files(const EtcInput& in) {
  EtcFiles files;
  files.hostname = netns::hostname_file(in.hostname);
  files.hosts = hosts(in);
  files.resolv_conf = resolv_conf(in);
  return files;
}

Link parse_link(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == text.npos) return {text, text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace drydock::runtime
