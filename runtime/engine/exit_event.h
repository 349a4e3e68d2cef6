#pragma once
#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/lifecycle/state.h"
#include "runtime/shim/records.h"

// What a shim's record, or its absence, means to the lifecycle.
namespace drydock::runtime {

// exit.json as an event: an exit of what ran, a failed start of what did not. Pure.
lifecycle::Event exit_event(std::size_t container, const shim::Exited& record, bool started);
// The shim is gone without a record: exit code 255 when the container ran (decision 18). Pure.
lifecycle::Event lost_shim_event(std::size_t container, bool started);

// The container's first process as a pidfd; empty when it has ended or its pid belongs to another
// by now.
UniqueFd open_init(const shim::Started& started);

}  // namespace drydock::runtime
