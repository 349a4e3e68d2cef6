#pragma once
#include <string>
#include <vector>

#include "taskdef/model.h"

// The files of /etc that a container on a bridge, in the host's network or without one has of its
// own, as Docker writes them. Pure.
namespace drydock::runtime {

// A container that another one names in `links`.
struct LinkedContainer {
  std::string alias;
  std::string hostname;
  std::string docker_name;
  std::string address;
  bool operator==(const LinkedContainer&) const = default;
};

struct EtcInput {
  std::string hostname;
  std::string address;  // its own; empty: none
  std::string gateway;  // what "host-gateway" means in extraHosts
  std::vector<taskdef::HostEntry> extra_hosts;
  std::vector<LinkedContainer> links;
  std::vector<std::string> dns_servers;
  std::vector<std::string> dns_search;
  // In the host's network: its own files, which count where the container says nothing else.
  std::string host_hosts;
  std::string host_resolv_conf;
};

struct EtcFiles {
  std::string hostname, hosts, resolv_conf;
};
EtcFiles etc_files(const EtcInput& input);

// "db:database" is the container db under the alias database; without a colon the alias is the
// name.
struct Link {
  std::string container;
  std::string alias;
};
Link parse_link(const std::string& text);

}  // namespace drydock::runtime
