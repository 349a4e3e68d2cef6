#include "base/http/door.h"
#include "netns/network_state.h"

// For tasks that have this machine's own network: there is no namespace to put their services in.
namespace drydock::netns {

// A host whose default route is down has no way to the address at all, so it gets one: through our
// bridge, with which it goes at the latest. The metric tells it from another daemon's.
Status Network::State::open_door(const HostDoor& door) {
  host_door = door;
  if (auto done = write_table({}); !done)
    return fail(Errc::kUnsupported,
                "the kernel or nft cannot tell the processes of control group " + door.group.path +
                    " from others (" + done.error().message + ")");
  DRYDOCK_LET(Links links, Links::open());
  return links.add_host_route(kMetadataAddress, bridge_index, bridge_index);
}

Status Network::State::close_door() {
  host_door.reset();
  DRYDOCK_LET(Links links, Links::open());
  auto removed = links.remove_host_route(kMetadataAddress, bridge_index, bridge_index);
  DRYDOCK_TRY(write_table({}));
  return removed;
}

Result<UniqueFd> Network::open_host_door(const HostGroup& group) {
  DRYDOCK_LET(UniqueFd listener, http::listen_tcp("127.0.0.1", 0));
  DRYDOCK_LET(const int port, http::bound_port(listener.get()));
  const std::lock_guard guard(state_->table);
  if (auto opened = state_->open_door({group, port, state_->guarded_port}); !opened) {
    (void)state_->close_door();  // ignoring: the first error is the one to tell
    return tl::unexpected(std::move(opened.error()).in("network mode host"));
  }
  return listener;
}

Status Network::guard_from_host_tasks(int api_port) {
  const std::lock_guard guard(state_->table);
  if (std::exchange(state_->guarded_port, api_port) == api_port || !state_->host_door) return {};
  state_->host_door->api_port = api_port;
  return state_->write_table({});
}

Status Network::close_host_door() {
  const std::lock_guard guard(state_->table);
  return state_->host_door ? state_->close_door() : Status();
}

}  // namespace drydock::netns
