#pragma once
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace drydock::router {

// A record on its way through the router.
struct LogEvent {
  std::string tag;
  Time time{};
  std::string record;  // MessagePack of the map: a quarter of what a tree takes
};
using LogEvents = std::vector<LogEvent>;

std::string packed(const Json& record);
Json unpacked(const LogEvent& event);

// The record as JSON text with its time in front, as Fluent Bit writes it. `key` "false" or empty:
// without; `format`: double, epoch, epoch_ms, iso8601, java_sql_timestamp.
std::string json_with_time(const LogEvent& event, const std::string& key,
                           const std::string& format);

// With `log_key` the value of that member (empty when there is none), else the record as JSON.
std::string text_of(const LogEvent& event, const std::string& log_key);

}  // namespace drydock::router
