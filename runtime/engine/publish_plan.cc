#include "runtime/engine/publish_plan.h"

#include <algorithm>
#include <charconv>

namespace drydock::runtime {
namespace {

struct Port {
  int number = 0;
  std::string protocol;
};

// At most as many ports as ECS allows in one range.
constexpr int kLargestRange = 100;

std::vector<Port> ports_of(const taskdef::ContainerDefinition& c) {
  std::vector<Port> ports;
  for (const taskdef::PortMapping& m : c.port_mappings) {
    if (m.container_port > 0) {
      ports.push_back({m.container_port, m.protocol});
      continue;
    }
    int first = 0, last = 0;
    const std::string& r = m.container_port_range;
    const auto dash = r.find('-');
    if (dash == std::string::npos) continue;
    std::from_chars(r.data(), r.data() + dash, first);
    std::from_chars(r.data() + dash + 1, r.data() + r.size(), last);
    for (int p = first; p > 0 && p <= last && p < first + kLargestRange; ++p)
      ports.push_back({p, m.protocol});
  }
  return ports;
}

}  // namespace

std::vector<netns::PublishWanted> publish_plan(const TaskSpec& spec) {
  std::vector<netns::PublishWanted> wanted;
  auto covered = [&](const Port& p) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const auto& w) {
      return w.container_port == p.number && w.protocol == p.protocol;
    });
  };
  for (const PublishRequest& r : spec.publish)
    wanted.push_back({r.container_port, r.host_port, r.protocol, r.host_address});
  if (!spec.publish_automatically) return wanted;
  for (const auto& c : spec.definition.containers)
    for (const Port& p : ports_of(c))
      if (!covered(p)) wanted.push_back({p.number, 0, p.protocol, "127.0.0.1"});
  return wanted;
}

std::vector<std::string> network_notes(const TaskSpec& spec, const netns::TaskNetwork& network) {
  std::vector<std::string> notes = network.notes;
  if (spec.assign_public_ip)
    notes.emplace_back(
        "assignPublicIp: the task gets no public address; it reaches the outside through this "
        "machine");
  return notes;
}

void add_published(const TaskSpec& spec, const std::vector<netns::Published>& published,
                   TaskFacts& facts) {
  // A port that was asked for and that no container maps is shown with the first one.
  const auto nobodys = [&](const netns::Published& p) {
    const auto& all = spec.definition.containers;
    return std::none_of(all.begin(), all.end(), [&](const auto& c) {
      const auto mapped = ports_of(c);
      return std::any_of(mapped.begin(), mapped.end(), [&](const Port& m) {
        return m.number == p.container_port && m.protocol == p.protocol;
      });
    });
  };
  for (std::size_t i = 0; i < facts.containers.size(); ++i) {
    const taskdef::ContainerDefinition& c = spec.definition.containers[i];
    const std::vector<Port> mapped = ports_of(c);
    facts.containers[i].ports.clear();
    for (const netns::Published& p : published) {
      const bool maps = std::any_of(mapped.begin(), mapped.end(), [&](const Port& m) {
        return m.number == p.container_port && m.protocol == p.protocol;
      });
      const bool asked =
          std::any_of(spec.publish.begin(), spec.publish.end(), [&](const PublishRequest& r) {
            return r.container_port == p.container_port && r.protocol == p.protocol &&
                   (r.container == c.name || (r.container.empty() && i == 0 && nobodys(p)));
          });
      if (maps || asked)
        facts.containers[i].ports.push_back(
            {p.host_address, p.host_port, p.container_port, p.protocol});
    }
  }
}

}  // namespace drydock::runtime
