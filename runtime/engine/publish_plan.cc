#include "runtime/engine/publish_plan.h"

#include <algorithm>

#include "logrouter/firelens/aws_outputs.h"
#include "runtime/network_plan.h"
#include "taskdef/port_range.h"

namespace drydock::runtime {
namespace {

using taskdef::ContainerDefinition;
using taskdef::PortMapping;

// With awsvpc publishing is only a convenience of ours, and stops at this many ports of a range.
constexpr int kMostOfARange = 100;

bool maps(const ContainerDefinition& c, int port, const std::string& protocol) {
  return std::any_of(c.port_mappings.begin(), c.port_mappings.end(), [&](const PortMapping& m) {
    const auto ports = taskdef::container_ports(m);
    return m.protocol == protocol && port >= ports.first && port <= ports.last;
  });
}

// The container that a request of `drydock run -p` means: the one it names, else one that maps the
// port, else the first.
std::size_t meant_by(const TaskSpec& spec, const PublishRequest& request) {
  const auto& all = spec.definition.containers;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (request.container.empty() ? maps(all[i], request.container_port, request.protocol)
                                  : all[i].name == request.container)
      return i;
  return 0;
}

bool is_covered(const std::vector<netns::PublishWanted>& wanted, int port,
                const std::string& protocol) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const auto& w) {
    return w.container_port == port && w.protocol == protocol;
  });
}

// awsvpc: each port by itself, at the same number if it is free.
void add_each(const ContainerDefinition& c, std::vector<netns::PublishWanted>& wanted) {
  for (const PortMapping& m : c.port_mappings) {
    const auto ports = taskdef::container_ports(m);
    for (int p = ports.first; p > 0 && p <= ports.last && p < ports.first + kMostOfARange; ++p)
      if (!is_covered(wanted, p, m.protocol)) wanted.push_back({p, 0, m.protocol});
  }
}

// bridge: a mapping is part of the task; a range stays one.
void add_mappings(const ContainerDefinition& c, std::vector<netns::PublishWanted>& wanted) {
  for (const PortMapping& m : c.port_mappings) {
    const auto ports = taskdef::container_ports(m);
    if (ports.first == 0 || is_covered(wanted, ports.first, m.protocol)) continue;
    netns::PublishWanted one{ports.first, m.host_port, m.protocol};
    one.count = ports.last - ports.first + 1;
    one.dynamic = m.host_port == 0;
    wanted.push_back(one);
  }
}

}  // namespace

std::vector<std::vector<netns::PublishWanted>> publish_plan(const TaskSpec& spec) {
  std::vector<std::vector<netns::PublishWanted>> all;
  for (const PlannedNetwork& network : network_plan(spec.definition)) {
    std::vector<netns::PublishWanted> wanted;
    const auto holds = [&](std::size_t container) {
      const auto& list = network.containers;
      return std::find(list.begin(), list.end(), container) != list.end();
    };
    if (is_acquired(network.kind))
      for (const PublishRequest& r : spec.publish)
        if (holds(meant_by(spec, r)))
          wanted.push_back({r.container_port, r.host_port, r.protocol, r.host_address});
    for (const std::size_t i : network.containers) {
      const ContainerDefinition& c = spec.definition.containers[i];
      if (network.kind == NetworkKind::kEni && spec.publish_automatically) add_each(c, wanted);
      if (network.kind == NetworkKind::kBridge) add_mappings(c, wanted);
    }
    for (auto& one : wanted) one.instance = network.kind == NetworkKind::kBridge;
    all.push_back(std::move(wanted));
  }
  return all;
}

bool publishes(const TaskSpec& spec) {
  const auto plan = publish_plan(spec);
  return std::any_of(plan.begin(), plan.end(), [](const auto& one) { return !one.empty(); });
}

std::vector<std::string> network_notes(const TaskSpec& spec) {
  std::vector<std::string> notes;
  if (spec.assign_public_ip)
    notes.emplace_back(
        "assignPublicIp: the task gets no public address; it reaches the outside through this "
        "machine");
  if (spec.firelens_local)
    for (std::string& note : logrouter::aws_outputs(spec.definition).notes)
      notes.push_back("--firelens-local: " + std::move(note));
  const std::string& mode = spec.definition.network_mode;
  if (!spec.publish.empty() && (mode == "host" || mode == "none"))
    notes.push_back(
        "no port is published: with network mode " + mode +
        (mode == "host" ? " they are this machine's own" : " there is nothing to reach"));
  return notes;
}

void add_published(const TaskSpec& spec,
                   const std::vector<std::vector<netns::Published>>& published, TaskFacts& facts) {
  const auto plan = network_plan(spec.definition);
  for (ContainerFacts& one : facts.containers) one.ports.clear();
  for (std::size_t n = 0; n < plan.size() && n < published.size(); ++n)
    for (const netns::Published& p : published[n])
      for (const std::size_t i : plan[n].containers) {
        const auto asked = [&](const PublishRequest& r) {
          return r.container_port == p.container_port && r.protocol == p.protocol &&
                 meant_by(spec, r) == i;
        };
        // One that was asked for and that no container maps is shown with the first one.
        if (i < facts.containers.size() &&
            (maps(spec.definition.containers[i], p.container_port, p.protocol) ||
             std::any_of(spec.publish.begin(), spec.publish.end(), asked)))
          facts.containers[i].ports.push_back(
              {p.host_address, p.host_port, p.container_port, p.protocol});
      }
}

}  // namespace drydock::runtime
