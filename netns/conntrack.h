#pragma once
#include <set>

#include "base/result.h"
#include "netns/address.h"

namespace drydock::netns {

// Makes the kernel forget every tracked connection from or to `addresses` (as its origin or as the
// one that replies, so also the translated ones), that the next task with an address inherits
// nothing. Needs no conntrack tool. It walks the kernel's whole table (about 10 ms of CPU), so it
// is done for many addresses at once.
Status forget_connections(const std::set<Ipv4>& addresses);

}  // namespace drydock::netns
