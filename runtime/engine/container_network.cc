#include "runtime/engine/container_network.h"

#include <unistd.h>

#include <climits>

#include "base/files.h"
#include "netns/plan.h"
#include "runtime/bundle/etc_files.h"
#include "runtime/bundle/metadata_file.h"

namespace drydock::runtime {
namespace {

constexpr std::size_t kLargestEtcFile = 1u << 20;

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

Status write_files(const std::string& folder, const EtcFiles& files) {
  DRYDOCK_TRY(write_file_atomic(folder + "/hosts", files.hosts));
  DRYDOCK_TRY(write_file_atomic(folder + "/hostname", files.hostname));
  return write_file_atomic(folder + "/resolv.conf", files.resolv_conf);
}

std::vector<LinkedContainer> links_of(const TaskSpec& spec,
                                      const taskdef::ContainerDefinition& container,
                                      const std::vector<NetworkView>& networks) {
  std::vector<LinkedContainer> links;
  const auto& all = spec.definition.containers;
  for (const std::string& text : container.links) {
    const Link link = parse_link(text);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const NetworkView& network = network_of(networks, all[i].name);
      if (all[i].name != link.container || network.address.empty()) continue;
      links.push_back({link.alias, container_hostname(spec, i, network),
                       docker_name(spec, all[i].name), network.address});
    }
  }
  return links;
}

// How tasks see this machine, in whichever of a task's networks that is known.
std::string gateway_of(const std::vector<NetworkView>& networks) {
  for (const NetworkView& one : networks)
    if (!one.gateway.empty()) return one.gateway;
  return "127.0.0.1";
}

}  // namespace

std::optional<std::string> namespace_path(const NetworkView& network) {
  if (network.mode == "host") return std::nullopt;
  return network.netns_path;
}

bool reaches_daemon(const NetworkView& network) { return network.slot >= 0; }

std::string container_hostname(const TaskSpec& spec, std::size_t container,
                               const NetworkView& network) {
  if (network.mode == "awsvpc") return network.private_dns_name;
  const taskdef::ContainerDefinition& c = spec.definition.containers[container];
  if (!c.hostname.empty()) return c.hostname;
  return network.mode == "host" ? host_name() : short_container_id(spec, c.name);
}

std::string etc_folder(const Paths& paths, const TaskSpec& spec, const std::string& container,
                       const NetworkView& network) {
  return network.mode == "awsvpc" ? paths.etc(spec.task_id) : paths.bundle(spec.task_id, container);
}

Status write_shared_etc_files(const Paths& paths, const TaskSpec& spec,
                              const std::vector<NetworkView>& networks) {
  for (const NetworkView& network : networks) {
    if (network.mode != "awsvpc") continue;
    EtcFiles files;
    files.hostname = netns::hostname_file(network.private_dns_name);
    files.hosts = netns::hosts_file(network.address, network.private_dns_name);
    if (!network.ipv6_address.empty())
      files.hosts += network.ipv6_address + " " + network.private_dns_name + "\n";
    files.resolv_conf = netns::resolv_conf_file(network.dns_servers, network.dns_search);
    DRYDOCK_TRY(make_dirs(paths.etc(spec.task_id), 0711));
    return write_files(paths.etc(spec.task_id), files);
  }
  return {};
}

Status write_own_etc_files(const Paths& paths, const TaskSpec& spec, std::size_t container,
                           const std::vector<NetworkView>& networks) {
  const taskdef::ContainerDefinition& c = spec.definition.containers[container];
  const NetworkView& network = network_of(networks, c.name);
  if (network.mode == "awsvpc") return {};
  EtcInput in;
  in.hostname = container_hostname(spec, container, network);
  in.address = network.address;
  in.gateway = gateway_of(networks);
  in.extra_hosts = c.extra_hosts;
  in.links = links_of(spec, c, networks);
  in.dns_servers = c.dns_servers.empty() ? network.dns_servers : c.dns_servers;
  in.dns_search = c.dns_search_domains.empty() ? network.dns_search : c.dns_search_domains;
  if (network.mode == "host") in.host_hosts = read_file("/etc/hosts", kLargestEtcFile).value_or("");
  if (network.slot < 0)
    in.host_resolv_conf = read_file("/etc/resolv.conf", kLargestEtcFile).value_or("");
  return write_files(paths.bundle(spec.task_id, c.name), etc_files(in));
}

}  // namespace drydock::runtime
