#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "api/logs/journals.h"
#include "api/logs/live_tail.h"
#include "api/logs/logs_operation.h"
#include "api/logs/put_events.h"
#include "logrouter/filter_pattern.h"

// Events: GetLogEvents, FilterLogEvents; PutLogEvents is in put_events.cc.
namespace drydock::api::logs {
namespace {

using control::Answer;
using control::Caller;
using logrouter::EventPlace;
using logrouter::EventQuery;

constexpr int kMostEvents = 10000;

tl::unexpected<control::ApiError> bad_token() {
  return control::invalid_parameter("The specified nextToken is invalid.");
}

// "f/<56 digits>/s": forwards from there; "b/…": backwards.
std::string token(char direction, const EventPlace& place) {
  return std::string(1, direction) + "/" + text_of(place) + "/s";
}

struct Token {
  EventPlace place;
  bool backward = false;
};

std::optional<Token> parse_token(std::string_view text) {
  if (text.size() < 4 || (!text.starts_with("f/") && !text.starts_with("b/")) ||
      !text.ends_with("/s"))
    return std::nullopt;
  const auto place = logrouter::parse_place(text.substr(2, text.size() - 4));
  if (!place) return std::nullopt;
  return Token{*place, text[0] == 'b'};
}

// The place right before: what reads forwards from it meets the one that is there.
EventPlace just_before(EventPlace p) {
  p.part = EventPlace::kLastPart;
  if (p.offset-- > 0) return p;
  if (p.journal-- > 0) return p;
  --p.ms;
  return p;
}

EventQuery query_of(const ReadableGroup& group, const Json& in) {
  EventQuery query;
  query.from_ms = std::max<std::int64_t>(json_int(in, "startTime"), group.oldest_ms);
  query.to_ms = json_int(in, "endTime", query.to_ms);
  query.limit = static_cast<std::size_t>(json_int(in, "limit", kMostEvents));
  query.now_ms = now_ms();
  return query;
}

// Tokens of a page without events: what was asked for stays where it is, the other direction turns
// round.
void tokens_of_nothing(const EventQuery& query, Json& out) {
  const EventPlace from = query.start.value_or(EventPlace::before(query.from_ms));
  EventPlace after = from;
  after.part = EventPlace::kLastPart;
  out["nextForwardToken"] = token('f', query.backward && query.start ? just_before(from) : from);
  out["nextBackwardToken"] = token('b', query.backward ? from : after);
}

Answer<Json> get_events(ApiContext& context, const Caller& who, const Json& in) {
  DRYDOCK_LET(const ReadableGroup group, readable_group(context, who, in));
  const std::string name = json_string(in, "logStreamName");
  const auto stream = std::find_if(group.streams.begin(), group.streams.end(),
                                   [&](const auto& one) { return one.stream->name == name; });
  if (stream == group.streams.end())
    return control::refuse("ResourceNotFoundException", "The specified log stream does not exist.");
  EventQuery query = query_of(group, in);
  query.backward = !json_bool(in, "startFromHead");
  if (const Json* given = json_find(in, "nextToken")) {
    const auto parsed = parse_token(given->get_ref<const std::string&>());
    if (!parsed) return bad_token();
    query.start = parsed->place;
    query.backward = parsed->backward;
  }
  add_sources(context, *stream, 0, query.sources);
  const auto page = find_events(query);
  Json out = {{"events", Json::array()}};
  for (const auto& found : page.events)
    out["events"].push_back({{"timestamp", found.event.time_ms},
                             {"message", found.event.text},
                             {"ingestionTime", found.event.ingestion_ms}});
  if (page.events.empty()) {
    tokens_of_nothing(query, out);
  } else {
    out["nextForwardToken"] = token('f', page.events.back().place);
    out["nextBackwardToken"] = token('b', page.events.front().place);
  }
  return out;
}

// The streams that a filter looks into.
Answer<std::vector<const ReadableStream*>> chosen(const ReadableGroup& group, const Json& in) {
  const Json* names = json_find(in, "logStreamNames");
  const std::string prefix = json_string(in, "logStreamNamePrefix");
  if (names && !names->empty() && !prefix.empty())
    return control::invalid_parameter(
        "logStreamNamePrefix and logStreamNames are mutually exclusive parameters.");
  std::set<std::string> wanted;
  if (names) names->get_to(wanted);
  std::vector<const ReadableStream*> streams;
  for (const auto& stream : group.streams) {
    const std::string& name = stream.stream->name;
    if (wanted.empty() ? name.starts_with(prefix) : wanted.erase(name) > 0) {
      streams.push_back(&stream);
      if (names && wanted.empty()) return streams;
    }
  }
  if (!wanted.empty())
    return control::refuse("ResourceNotFoundException", "The specified log stream does not exist.");
  return streams;
}

Answer<Json> filter_events(ApiContext& context, const Caller& who, const Json& in) {
  DRYDOCK_LET(const ReadableGroup group, readable_group(context, who, in));
  DRYDOCK_LET(const auto streams, chosen(group, in));
  EventQuery query = query_of(group, in);
  // Unlike GetLogEvents', this end belongs to the range.
  if (json_find(in, "endTime") && query.to_ms < INT64_MAX) ++query.to_ms;
  const auto pattern = logrouter::FilterPattern::parse(json_string(in, "filterPattern"));
  if (!pattern)
    return control::invalid_parameter("Invalid filter pattern: " + pattern.error().message);
  if (!pattern->matches_all())
    query.matches = [&](std::string_view message) { return pattern->matches(message); };
  if (const Json* given = json_find(in, "nextToken")) {
    query.start = logrouter::parse_place(given->get_ref<const std::string&>());
    if (!query.start) return bad_token();
  }
  for (std::size_t i = 0; i < streams.size(); ++i)
    add_sources(context, *streams[i], i, query.sources);
  const auto page = find_events(query);
  Json out = {{"events", Json::array()}, {"searchedLogStreams", Json::array()}};
  for (const auto& found : page.events)
    out["events"].push_back({{"logStreamName", streams[found.stream]->stream->name},
                             {"timestamp", found.event.time_ms},
                             {"message", found.event.text},
                             {"ingestionTime", found.event.ingestion_ms},
                             {"eventId", text_of(found.place)}});
  if (page.resume) out["nextToken"] = text_of(*page.resume);
  return out;
}

}  // namespace

std::vector<LogsOperation> event_operations() {
  return {
      {"logGroupName logStreamName logEvents",
       {"PutLogEvents",
        "logGroupName: str, logStreamName: str, logEvents: [InputLogEvent], sequenceToken: str",
        true, nullptr},
       put_events},
      {"logStreamName",
       {"GetLogEvents",
        "logGroupName: str, logGroupIdentifier: str, logStreamName: str, startTime: long, endTime: "
        "long, nextToken: str, limit: int, startFromHead: bool",
        false, nullptr},
       get_events,
       kMostEvents},
      {"",
       {"FilterLogEvents",
        "logGroupName: str, logGroupIdentifier: str, logStreamNames: [str], logStreamNamePrefix: "
        "str, startTime: long, endTime: long, filterPattern: str, nextToken: str, limit: int, "
        "interleaved: bool",
        false, nullptr},
       filter_events,
       kMostEvents},
      {"logGroupIdentifiers",
       {"StartLiveTail",
        "logGroupIdentifiers: [str], logStreamNames: [str], logStreamNamePrefixes: [str], "
        "logEventFilterPattern: str",
        false, nullptr},
       nullptr,
       0,
       live_tail},
  };
}

}  // namespace drydock::api::logs
