#include "api/logs/put_events.h"

#include <nlohmann/json.hpp>

#include "api/logs/journals.h"
#include "runtime/engine/paths.h"

namespace drydock::api::logs {
namespace {

using control::Answer;
using Writable = control::LogGroups::Writable;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::size_t kMostBytes = 1u << 20;
constexpr std::size_t kOverhead = 26;  // of each event
static_assert(kMostBytes - kOverhead + logrouter::kEventTimes <= logrouter::kLongestEvent);

Answer<bool> check_batch(const Json& events) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::string at = "'logEvents." + std::to_string(i + 1) + ".member.";
    for (const char* member : {"timestamp", "message"})
      if (!json_find(events[i], member))
        return control::invalid_parameter("1 validation error detected: Value at " + at + member +
                                          "' failed to satisfy constraint: Member must not be "
                                          "null");
    const std::string message = json_string(events[i], "message");
    if (message.empty() || json_int(events[i], "timestamp") < 0)
      return control::invalid_parameter("1 validation error detected: Value at " + at +
                                        (message.empty() ? "message" : "timestamp") +
                                        "' failed to satisfy constraint: Member must have " +
                                        (message.empty() ? "length greater than or equal to 1"
                                                         : "value greater than or equal to 0"));
    bytes += message.size() + kOverhead;
    if (i > 0 && json_int(events[i], "timestamp") < json_int(events[i - 1], "timestamp"))
      return control::invalid_parameter(
          "Log events in a single PutLogEvents request must be in chronological order.");
  }
  if (bytes > kMostBytes)
    return control::invalid_parameter("Upload too large: " + std::to_string(bytes) +
                                      " bytes exceeds limit of " + std::to_string(kMostBytes));
  if (json_int(events.back(), "timestamp") - json_int(events.front(), "timestamp") > kDayMs)
    return control::invalid_parameter(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  return true;
}

struct Sorted {
  std::vector<logrouter::NewEvent> events;
  Json rejected = Json::object();
};

// Events are in the order of their times: the old ones lead, the new ones end.
Sorted sort_out(const Json& batch, std::int64_t now, std::int64_t oldest_ms) {
  Sorted s;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::int64_t ms = json_int(batch[i], "timestamp");
    if (ms < now - 14 * kDayMs)
      s.rejected["tooOldLogEventEndIndex"] = i + 1;
    else if (ms < oldest_ms)
      s.rejected["expiredLogEventEndIndex"] = i + 1;
    else if (ms > now + 2 * kHourMs) {
      if (!s.rejected.contains("tooNewLogEventStartIndex"))
        s.rejected["tooNewLogEventStartIndex"] = i;
    } else {
      s.events.push_back({ms, batch[i]["message"].get_ref<const std::string&>()});
    }
  }
  return s;
}

// The stream, with a journal that the store remembers.
Answer<Writable> writable(const ApiContext& context, const control::Caller& caller,
                          const Json& in) {
  std::shared_future<Status> saved;
  auto stream = context.loop->call([&]() -> Answer<Writable> {
    const std::string group = json_string(in, "logGroupName");
    const std::string name = json_string(in, "logStreamName");
    auto found = context.control->logs.writable(caller, group, name);
    if (found) saved = context.control->store.committed();
    return found;
  });
  if (!stream) return stream;
  if (const Status& done = saved.get(); !done)
    return tl::unexpected(
        control::ApiError{"ServiceUnavailableException", done.error().message, 503, {}});
  return stream;
}

}  // namespace

Answer<Json> put_events(ApiContext& context, const control::Caller& caller, const Json& in) {
  const Json& batch = in["logEvents"];
  DRYDOCK_TRY(check_batch(batch));
  DRYDOCK_LET(const Writable to, writable(context, caller, in));
  const std::int64_t now = now_ms();
  const Sorted sorted =
      sort_out(batch, now, to.retention_days > 0 ? now - to.retention_days * kDayMs : 0);
  if (!sorted.events.empty()) {
    const runtime::Paths paths{context.facts.root, context.facts.run};
    const auto writer = context.journals->writer(paths.event_log(to.stream->journal));
    if (const Status written = writer->append(sorted.events, now); !written)
      return tl::unexpected(
          control::ApiError{"ServiceUnavailableException", written.error().message, 503, {}});
  }
  Json out = {{"nextSequenceToken", std::string(56, '0')}};
  if (!sorted.rejected.empty()) out["rejectedLogEventsInfo"] = sorted.rejected;
  return out;
}

}  // namespace drydock::api::logs
