#pragma once
#include "base/result.h"
#include "netns/address.h"

namespace drydock::netns {

// Makes the kernel forget every tracked connection from or to `address` (as its origin or as the
// one that replies, so also the translated ones), that the next task with the address inherits
// nothing. Needs no conntrack tool. kUnsupported when the kernel has no ctnetlink.
Status forget_connections(Ipv4 address);

}  // namespace drydock::netns
