#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/logs/journals.h"
#include "api/logs/logs_operation.h"
#include "control/paging.h"

// Log streams: CreateLogStream, DeleteLogStream, DescribeLogStreams.
namespace drydock::api::logs {
namespace {

using control::Answer;
using control::Caller;
using control::Control;

struct Times {
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::int64_t last_ingestion_ms = 0;
  bool any = false;
};

Times times_of(ApiContext& context, const ReadableStream& stream, std::int64_t oldest_ms) {
  Times t;
  std::vector<logrouter::EventSource> sources;
  add_sources(context, stream, 0, sources);
  for (const auto& source : sources)
    for (const auto& block : source.index->blocks()) {
      if (block.last_ms < oldest_ms) continue;
      const std::int64_t first = std::max(block.first_ms, oldest_ms);
      t.first_ms = t.any ? std::min(t.first_ms, first) : first;
      t.last_ms = std::max(t.last_ms, block.last_ms);
      t.last_ingestion_ms = std::max(t.last_ingestion_ms, block.last_ingestion_ms);
      t.any = true;
    }
  return t;
}

Json shown(const ReadableGroup& group, const ReadableStream& stream, const Times& t) {
  Json out = {{"logStreamName", stream.stream->name},
              {"creationTime", stream.stream->created_ms},
              {"arn", group.arn + ":log-stream:" + stream.stream->name},
              {"storedBytes", 0}};
  if (!t.any) return out;
  out["firstEventTimestamp"] = t.first_ms;
  out["lastEventTimestamp"] = t.last_ms;
  out["lastIngestionTime"] = t.last_ingestion_ms;
  out["uploadSequenceToken"] = std::string(56, '0');
  return out;
}

// What a page of streams is cut from: names in their order.
struct Listing {
  std::vector<std::string> names;
  std::map<std::string, const ReadableStream*> by_name;
  std::map<std::string, Times> times;
};

Listing listing(ApiContext& context, const ReadableGroup& group, const Json& in) {
  Listing list;
  const std::string prefix = json_string(in, "logStreamNamePrefix");
  for (const auto& stream : group.streams) {
    const std::string& name = stream.stream->name;
    if (!name.starts_with(prefix)) continue;
    list.by_name[name] = &stream;
    list.names.push_back(name);
  }
  if (json_string(in, "orderBy") == "LastEventTime") {
    for (const auto& name : list.names)
      list.times[name] = times_of(context, *list.by_name.at(name), group.oldest_ms);
    std::stable_sort(list.names.begin(), list.names.end(), [&](const auto& a, const auto& b) {
      return list.times.at(a).last_ms < list.times.at(b).last_ms;
    });
  }
  if (json_bool(in, "descending")) std::reverse(list.names.begin(), list.names.end());
  return list;
}

Answer<Json> describe_streams(ApiContext& context, const Caller& who, const Json& in) {
  const std::string order = json_string(in, "orderBy", "LogStreamName");
  if (order != "LogStreamName" && order != "LastEventTime")
    return control::invalid_parameter(
        "1 validation error detected: Value '" + order.substr(0, 100) +
        "' at 'orderBy' failed to satisfy constraint: Member must satisfy enum value set: "
        "[LogStreamName, LastEventTime]");
  if (order == "LastEventTime" && json_find(in, "logStreamNamePrefix"))
    return control::invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  DRYDOCK_LET(const ReadableGroup group, readable_group(context, who, in));
  Listing list = listing(context, group, in);
  const auto page =
      control::page_of(list.names, {json_int(in, "limit", 50), json_string(in, "nextToken")}, 50);
  if (!page) return control::invalid_parameter("The specified nextToken is invalid.");
  Json out = {{"logStreams", Json::array()}};
  for (const auto& name : page->items) {
    const ReadableStream& stream = *list.by_name.at(name);
    const auto known = list.times.find(name);
    out["logStreams"].push_back(shown(
        group, stream,
        known != list.times.end() ? known->second : times_of(context, stream, group.oldest_ms)));
  }
  if (!page->next_token.empty()) out["nextToken"] = page->next_token;
  return out;
}

}  // namespace

std::vector<LogsOperation> stream_operations() {
  return {
      {"logGroupName logStreamName",
       {"CreateLogStream", "logGroupName: str, logStreamName: str", true,
        [](Control& c, const Caller& who, const Json& in) {
          return c.logs.create_stream(who, in);
        }}},
      {"logGroupName logStreamName",
       {"DeleteLogStream", "logGroupName: str, logStreamName: str", true,
        [](Control& c, const Caller& who, const Json& in) {
          return c.logs.delete_stream(who, in);
        }}},
      {"",
       {"DescribeLogStreams",
        "logGroupName: str, logGroupIdentifier: str, logStreamNamePrefix: str, orderBy: enum "
        "OrderBy, descending: bool, nextToken: str, limit: int",
        false, nullptr},
       describe_streams,
       50},
  };
}

}  // namespace drydock::api::logs
