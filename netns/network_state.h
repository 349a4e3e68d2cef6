#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "netns/addresses.h"
#include "netns/dns/resolver.h"
#include "netns/firewall.h"
#include "netns/links.h"
#include "netns/network.h"
#include "netns/plan.h"
#include "netns/ruleset.h"
#include "netns/table_watch.h"

// Private to network*.cc: what a Network knows, and the steps it is made of.
namespace drydock::netns {

// kLeaving: released, but its address is not free before the kernel has forgotten its connections.
enum class SlotUse { kMaking, kReady, kInUse, kLeaving };

struct HeldPort {
  Published what;
  std::vector<PortElement> elements;
  std::vector<UniqueFd> sockets;  // bound, so that the port stays ours
};

// A socket that this daemon serves in the calling thread's namespace, at its loopback address
// (network_make.cc).
Result<UniqueFd> listen_inside(int port, const std::string& what);

struct Slot {
  SlotUse use = SlotUse::kMaking;
  std::vector<HeldPort> ports;
  std::string owner = {};             // of the ports
  std::optional<Member> member = {};  // as the table's sets know it
  bool ipv6 = false;
  Shape shape = Shape::kEni;
};

// Lock order: table, then mutex. `table` is held while nft changes the host's table, `mutex` only
// for moments.
struct Network::State {
  using Clock = std::chrono::steady_clock;

  NetworkConfig config;
  std::string bridge, table_name, folder;
  std::optional<Network6> network6;
  int bridge_index = 0;
  int mtu = 0;
  bool turned_on_ip_forward = false;
  std::vector<Published> lost_ports;

  std::mutex table;
  // Guarded by `table`:
  std::set<int> pin_blocks;        // in the kernel
  std::set<std::string> clusters;  // that have a rule in the kernel
  int api_port = 0;
  std::optional<HostDoor> host_door;
  int guarded_port = 0;  // from who is behind it
  int last_dynamic = 0;  // the dynamic port that was given last
  std::string written;   // the table's rules as nft lists them; empty: not asked for yet
  int restored = 0;
  ForwardReport forward;

  std::mutex mutex;  // guards everything below
  std::optional<Addresses> addresses;
  std::map<int, Slot> slots;
  std::deque<TaskNetwork> ready;
  std::set<int> dirty;    // released slots whose connections are still tracked
  bool flushing = false;  // the keeper is at it
  bool hurry = false;     // somebody waits for it
  Clock::time_point dirty_since;
  Clock::time_point
      refill_at;  // of a stock that is not low: off the path of the start that took one
  // Host ends of released veths, which the kernel should have removed by then.
  std::map<int, Clock::time_point> leaving;
  bool stopping = false;
  std::optional<Error> refill_error;  // until the next acquire or release
  std::condition_variable wake, stocked, flushed;
  std::thread keeper;

  std::unique_ptr<dns::Resolver> resolver;  // of all tasks, those in stock too
  std::unique_ptr<TableWatch> watch;

  const Subnet& subnet() const { return addresses->network(); }
  std::string veth(int slot) const { return veth_name(config.instance_id, slot); }
  std::string forward6_note() const { return config.run_dir + "/ipv6_forward"; }
  std::string forward_note() const { return config.run_dir + "/ip_forward"; }
  std::string path(int slot) const { return folder + "/" + std::to_string(slot); }

  // network_open.cc
  Status open_host(const std::vector<KnownSlot>& known);
  Result<Subnet> settle_subnet(Links& links, const std::vector<KnownSlot>& known);
  Status settle_bridge(Links& links);
  Status settle_gateways(Links& links);
  void hold_known_ports(const std::vector<KnownSlot>& known);
  void attach_known_ports(Links& links);
  Status sweep(bool leave_veths_to_kernel);
  Status remove_host();

  // network_make.cc
  // Waits for addresses that are about to be free, unless it is the keeper itself who asks.
  Result<TaskNetwork> make(const std::string& subnet_id, Shape shape, bool may_wait);
  Result<int> take_slot(const std::string& subnet_id, bool may_wait);
  Result<TaskNetwork> make_in(int slot, Shape shape);
  Status add_pair(Links& links, int slot, Shape shape, int netns_fd);
  TaskNetwork describe(int slot);
  Ipv6 address6(int slot) const { return network6->at(static_cast<std::uint32_t>(slot)); }
  Status undo(int slot);
  Status unpin(Links& links, Ipv4 address);
  void keep_stocked();
  void flush_dirty(std::unique_lock<std::mutex>& lock);
  void wait_until_flushed(std::unique_lock<std::mutex>& lock);
  void remove_stale_veths();  // with `mutex` held
  void stop_keeper();

  // network_publish.cc; all with `table` held
  Status ensure_pins(int slot);
  Result<std::vector<HeldPort>> hold(int slot, const PublishWanted& wanted);
  Result<std::vector<HeldPort>> hold_at(int slot, const PublishWanted& wanted, int first);
  std::string owner_of(const PublishWanted& wanted);
  Status unpublish(int slot);

  // network_table.cc; all with `table` held
  // Writes the whole table, with what `after` adds.
  Status write_table(const std::vector<PortElement>& after);
  // Applies a change of the host's table; where something is missing there (somebody flushed the
  // ruleset), writes the whole table again.
  Status change_table(const std::string& change, const std::vector<PortElement>& after);
  Member member_of(int slot, const TaskPlace& place) const;
  Status enter(int slot, const TaskPlace& place);
  Status leave(int slot);
  Status open_door(const HostDoor& door);  // network_host_door.cc
  Status close_door();
  // Something was removed from a table of somebody: is all of ours there?
  void look_after_table();
};

}  // namespace drydock::netns
