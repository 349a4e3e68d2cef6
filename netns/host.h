#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "netns/address.h"

// What the task network reads from the host and asks of it.
namespace drydock::netns {

// Turns net.ipv4.ip_forward on and notes in the file `note` that it was off; true when it was, now
// or for the daemon that wrote the note. The error says what to do where /proc/sys is read-only.
Result<bool> ensure_ip_forward(const std::string& note);
// Turns it off again when there is a note, unless `still_needed`. The note goes.
Status restore_ip_forward(const std::string& note, bool still_needed);
// The same for net.ipv6.conf.all.forwarding. Links that take addresses from router advertisements
// go on doing so (accept_ra), which the kernel would stop otherwise.
Status ensure_ipv6_forward(const std::string& note);
Status restore_ipv6_forward(const std::string& note, bool still_needed);
// Whether a link has an IPv6 address that means something beyond the link.
bool has_global_ipv6(const std::string& link);
// Whether programs of this machine can listen at that IPv4 address: one of its own, or 0.0.0.0.
bool is_local_address(const std::string& address);

// Per-bridge settings: forwarding, route_localnet (127.0.0.1:port on the host must reach a task),
// proxy_arp_pvlan without its random delay of up to 0.8 s (decision 3).
Status tune_bridge(const std::string& bridge);
bool bridge_nf_call_iptables();

// A socket bound to a port of the host and never used: it keeps the port for us (decision 7). kBusy
// when the port is taken, kInvalid when the address is none of the host's, unless it `will_be`.
Result<UniqueFd> hold_port(Ipv4 address, std::string_view protocol, int port, bool will_be = false);
// What the kernel's ip_local_port_range holds; empty when it cannot be read.
std::string local_port_range();
// "pid 4711 (nginx)", as far as /proc tells who has the port; otherwise "another program".
std::string port_owner(std::string_view protocol, int port);

// Held while a subnet is chosen, so that two daemons that start together choose different ones.
Result<UniqueFd> subnet_lock();

}  // namespace drydock::netns
