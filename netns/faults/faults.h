#pragma once
#include <string>

#include "base/result.h"
#include "netns/faults/plan.h"

namespace drydock::netns {

// The longest delay, and jitter, that the kernel's netem takes through libnl.
inline constexpr std::chrono::milliseconds kLongestDelay{200'000};

// Makes exactly the faults of `plan` real in the namespace kept at `netns_path`; an empty plan
// removes them all. Blocks some milliseconds. kUnsupported when this kernel lacks what it takes:
// the message names it. After an error the faults are those of before or of `plan`, or part of
// them: apply again.
Status apply_faults(const std::string& netns_path, const FaultPlan& plan);

}  // namespace drydock::netns
