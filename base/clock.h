#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace drydock {

using Time = std::chrono::sys_time<std::chrono::nanoseconds>;
using Duration = std::chrono::nanoseconds;

// The wall clock.
Time now();

// "2026-03-01T08:15:04.123456789Z": always nine digits (the CRI log format).
std::string rfc3339_nano(Time t);
// The same with trailing zeros of the fraction removed, as Go's RFC3339Nano prints
// (metadata.md 4.3).
std::string rfc3339_short(Time t);
// Reads either form (any number of fraction digits, Z or +hh:mm). kInvalid names the text.
Result<Time> parse_rfc3339(std::string_view text);

// Seconds since 1970 with milliseconds: how the ECS API writes times (api.md 1.2).
double epoch_seconds(Time t);

// "90", "90s", "1m30s", "500ms", "2h". kInvalid names the text and shows the form.
Result<Duration> parse_duration(std::string_view text);

}  // namespace drydock
