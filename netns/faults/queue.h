#pragma once
#include <chrono>

#include "base/result.h"

namespace drydock::netns {

// The queueing disciplines behind network latency, on the task's link of the calling thread's
// namespace: packets with the priority kLateClass wait `delay`, give or take `jitter`.
// kUnsupported when the kernel has no netem.
Status delay_queue(std::chrono::milliseconds delay, std::chrono::milliseconds jitter);
Status remove_delay_queue();  // absent is success

}  // namespace drydock::netns
