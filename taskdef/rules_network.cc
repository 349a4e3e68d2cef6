#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "taskdef/port_range.h"
#include "taskdef/rules.h"

// Network mode, links and port mappings.
namespace drydock::taskdef::rules {
namespace {

constexpr int kMostPort = 65535;
constexpr std::size_t kMostRanges = 100;
constexpr std::size_t kLongestPortName = 64;

bool is_port_name(std::string_view text) {
  return text.size() <= kLongestPortName && !text.starts_with('-') && is_identifier(text) &&
         std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Looks at one mapping by itself; gives the container ports it takes.
std::optional<Ports> mapping(Subject& s, const Node& container, const Node& mapping) {
  const Node port = mapping["containerPort"];
  const Node range = mapping["containerPortRange"];
  const Node host = mapping["hostPort"];
  if (range.filled()) {
    auto ports = parse_port_range(range.text());
    if (port.number() != 0 || host.number() != 0) s.add(mapping, std::string(text::kPortAndRange));
    if (!ports) s.add(range, std::string(text::kPortRange));
    return ports;
  }
  const bool valid = port.number() >= 1 && port.number() <= kMostPort;
  if (!valid) s.add(port, fill(text::kContainerPort, {name_of(container)}));
  if (host.number() < 0 || host.number() > kMostPort)
    s.add(host,
          fill(text::kContainerSetting, {"hostPort", name_of(container), "not a port number"}));
  const bool shared = s.network_mode == "awsvpc" || s.network_mode == "host";
  if (shared && host && host.number() != port.number())
    s.add(host, fill(text::kHostPort, {s.network_mode}));
  if (!valid) return std::nullopt;
  return Ports{static_cast<int>(port.number()), static_cast<int>(port.number())};
}

// Ports in use, a set of ranges each protocol.
class Taken {
 public:
  // False when some of `ports` are taken already.
  bool take(const std::string& protocol, Ports ports) {
    auto& ranges = protocol == "udp" ? udp_ : tcp_;
    const bool clash = std::ranges::any_of(ranges, [&](const Ports& other) {
      return ports.first <= other.last && other.first <= ports.last;
    });
    ranges.push_back(ports);
    return !clash;
  }

 private:
  std::vector<Ports> tcp_;
  std::vector<Ports> udp_;
};

void link_names(Subject& s) {
  std::set<std::string> names;
  for (const Node& container : s.containers) names.insert(container["name"].text());
  for (const Node& container : s.containers)
    for (const Node& link : container["links"].items()) {
      const std::string name = link.text().substr(0, link.text().find(':'));
      if (!name.empty() && !names.contains(name))
        s.add(link, fill(text::kContainerSetting,
                         {"links", name_of(container), "there is no container \"" + name + "\""}));
    }
}

}  // namespace

void network(Subject& s) {
  const bool bridge = s.network_mode.empty() || s.network_mode == "bridge";
  for (const Node& container : s.containers)
    if (!bridge && container["links"].filled())
      s.add(container["links"], fill(text::kLinks, {s.network_mode}));
  if (bridge) link_names(s);
  if (s.network_mode != "awsvpc") return;
  for (const Node& container : s.containers) {
    if (container["disableNetworking"].flag())
      s.add(container["disableNetworking"], std::string(text::kAwsvpcNetworking));
    for (std::string_view member : {"hostname", "dnsServers", "dnsSearchDomains", "extraHosts"})
      if (container[member].filled()) s.add(container[member], fill(text::kAwsvpcMember, {member}));
  }
}

void ports(Subject& s) {
  std::set<std::string> names;
  Taken in_task;
  for (const Node& container : s.containers) {
    const Node list = container["portMappings"];
    Taken in_container;
    // In a network of its own a container's ports clash with nobody's but its own.
    const bool shared = s.network_mode == "awsvpc" || s.network_mode == "host";
    Taken& taken = shared ? in_task : in_container;
    std::size_t ranges = 0;
    for (const Node& item : list.items()) {
      auto used = mapping(s, container, item);
      if (shared && used && !taken.take(item["protocol"].text("tcp"), *used))
        s.add(item, std::string(text::kPortTwice));
      if (item["containerPortRange"].filled()) ++ranges;
      const std::string name = item["name"].text();
      if (!name.empty() && !is_port_name(name))
        s.add(item["name"],
              fill(text::kContainerSetting,
                   {"portMappings.name", name_of(container),
                    "use up to 64 lower-case letters, digits, - and _, not starting with -"}));
      if (!name.empty() && !names.insert(name).second)
        s.add(item["name"], std::string(text::kPortName));
    }
    if (ranges > kMostRanges)
      s.add(list, fill(text::kContainerSetting,
                       {"portMappings", name_of(container), "at most 100 port ranges"}));
    if (s.network_mode == "none" && list.filled())
      s.add(list, fill(text::kContainerSetting, {"portMappings", name_of(container),
                                                 "networkMode none has no ports to map"}));
  }
}

}  // namespace drydock::taskdef::rules
