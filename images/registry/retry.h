#pragma once
#include <cstdint>
#include <functional>

#include "images/registry/client.h"
#include "images/registry/session.h"

namespace drydock::images::registry {

using Attempt = std::function<tl::expected<Answer, ExchangeError>()>;

// Makes attempts until one is answered for good: waits between them, twice as long each time with
// jitter, or as long as Retry-After says (a wait above half a minute is an error at once).
// `progress` gives the bytes had so far: whoever moves on has all attempts again. `doing` begins
// the message of an error.
Result<Answer> persist(const Options& options, const Session& session, const std::string& doing,
                       const Attempt& attempt, const std::function<std::uint64_t()>& progress,
                       const CancelFlag& cancel);

}  // namespace drydock::images::registry
