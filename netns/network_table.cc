#include "base/logging.h"
#include "netns/network_state.h"
#include "netns/nft.h"

// The host's table while tasks come and go, and when others remove it.
namespace drydock::netns {
namespace {

// The table without the elements of its sets, in nft's own words; empty when it is not there.
std::string listed(const std::string& table) {
  auto seen = run_program("nft", {"-s", "-t", "list", "table", "inet", table}, "");
  return seen && seen->exit_code == 0 ? seen->out : std::string();
}

}  // namespace

Status Network::State::write_table(const std::vector<PortElement>& after) {
  HostRuleset plan{config.instance_id, subnet(), {pin_blocks.begin(), pin_blocks.end()}, after};
  plan.security = config.security;
  plan.api_port = api_port;
  plan.network6 = network6;
  plan.host_door = host_door;
  {
    std::lock_guard lock(mutex);
    for (const auto& [number, slot] : slots) {
      for (const auto& port : slot.ports)
        plan.ports.insert(plan.ports.end(), port.elements.begin(), port.elements.end());
      if (slot.member) plan.members.push_back(*slot.member);
    }
  }
  DRYDOCK_TRY(nft(host_ruleset(plan)));
  clusters.clear();
  for (const auto& member : plan.members) clusters.insert(member.cluster);
  written = listed(table_name);
  return {};
}

Status Network::State::change_table(const std::string& change,
                                    const std::vector<PortElement>& after) {
  auto changed = nft(change);
  if (changed || changed.error().code != Errc::kNotFound) return changed;
  return write_table(after);
}

Member Network::State::member_of(int slot, const TaskPlace& place) const {
  Member member{addresses->address_of(slot), place.security_groups, place.cluster};
  if (network6 && place.shape == Shape::kEni) member.address6 = address6(slot);
  member.grouped = place.shape == Shape::kEni;
  return member;
}

Status Network::State::enter(int slot, const TaskPlace& place) {
  const Member member = member_of(slot, place);
  if (!concerns(config.security, member)) return {};
  {
    std::lock_guard lock(mutex);
    slots[slot].member = member;
  }
  // A cluster that is seen first needs its rule.
  const bool new_rule = config.security.isolate_clusters && !clusters.contains(member.cluster);
  auto done = new_rule
                  ? write_table({})
                  : change_table(change_member("add", table_name, config.security, member), {});
  if (!done) {
    std::lock_guard lock(mutex);
    slots[slot].member.reset();
  }
  return done;
}

Status Network::State::leave(int slot) {
  std::optional<Member> member;
  {
    std::lock_guard lock(mutex);
    member.swap(slots[slot].member);
  }
  if (!member) return {};
  return change_table(change_member("delete", table_name, config.security, *member), {});
}

void Network::State::look_after_table() {
  const std::string now = listed(table_name);
  if (now.empty() || now != written) {
    if (auto again = write_table({}); !again)
      log::debug("task network: the table is not there: " + again.error().message);
    else
      ++restored;
  }
  forward = accept_forwarding(bridge, table_name, network6.has_value());
}

Status Network::guard_api(int port) {
  std::lock_guard guard(state_->table);
  state_->api_port = port;
  return state_->write_table({});
}

}  // namespace drydock::netns
