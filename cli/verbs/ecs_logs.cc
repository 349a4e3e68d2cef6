#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/log_frames.h"
#include "cli/lookup.h"
#include "cli/session.h"

// `logs` of a program that is called ecs-cli: messages alone, or behind their times. They come out
// of the task's own journal, so they need no awslogs driver; a pattern is CloudWatch's to match.
namespace drydock::cli {
namespace {

struct Stream {
  std::string group, name;
};

Result<Json> definition_of(const Client& client, const Json& task) {
  DRYDOCK_LET(Json answer,
              client.api("DescribeTaskDefinition",
                         {{"taskDefinition", json_string(task, "taskDefinitionArn")}}));
  return std::move(answer["taskDefinition"]);
}

// Where the awslogs driver of each container writes. kInvalid: one has another driver.
Result<std::vector<Stream>> streams_of(const Json& definition, const Json& task,
                                       const std::string& container) {
  std::vector<Stream> streams;
  for (const Json& c : definition["containerDefinitions"]) {
    const std::string name = json_string(c, "name");
    if (!container.empty() && name != container) continue;
    const Json* logging = json_find(c, "logConfiguration");
    const Json* options = logging ? json_find(*logging, "options") : nullptr;
    const std::string prefix = options ? json_string(*options, "awslogs-stream-prefix") : "";
    if (!logging || json_string(*logging, "logDriver") != "awslogs" || prefix.empty())
      return fail(Errc::kInvalid, "--filter-pattern: container " + name +
                                      " has no log driver awslogs with a stream prefix");
    streams.push_back(
        {json_string(*options, "awslogs-group"), prefix + "/" + name + "/" + task_id(task)});
  }
  if (streams.empty())
    return fail(Errc::kNotFound, "--container-name: the task has no container " + container);
  return streams;
}

void print(Session& session, const EcsLogsOptions& o, const std::string& time,
           const std::string& message) {
  session.out.line(o.timestamps ? time + "\t" + message : message);
}

Result<long long> milliseconds(const std::string& text, const char* flag) {
  const auto time = parse_rfc3339(text);
  if (!time) return tl::unexpected(Error(time.error()).in(flag));
  return static_cast<long long>(epoch_seconds(*time) * 1000);
}

Status filtered(Session& session, const Client& client, const Json& task, const EcsLogsOptions& o) {
  if (o.follow)
    return fail(Errc::kInvalid, "--follow and --filter-pattern can not be used together here");
  DRYDOCK_LET(const Json definition, definition_of(client, task));
  DRYDOCK_LET(const auto streams, streams_of(definition, task, o.container));
  for (const Stream& stream : streams) {
    Json input = {{"logGroupName", stream.group},
                  {"logStreamNames", Json::array({stream.name})},
                  {"filterPattern", o.filter}};
    if (o.since_minutes)
      input["startTime"] =
          static_cast<long long>(epoch_seconds(now()) * 1000) - *o.since_minutes * 60'000LL;
    if (!o.start.empty()) {
      DRYDOCK_LET(input["startTime"], milliseconds(o.start, "--start-time"));
    }
    if (!o.end.empty()) {
      DRYDOCK_LET(input["endTime"], milliseconds(o.end, "--end-time"));
    }
    while (true) {
      DRYDOCK_LET(const Json page, client.aws("Logs_20140328.FilterLogEvents", input));
      for (const Json& event : page.value("events", Json::array())) {
        const Time time{std::chrono::milliseconds(json_int(event, "timestamp"))};
        print(session, o, rfc3339_short(time), json_string(event, "message"));
      }
      if (!page.contains("nextToken")) break;
      input["nextToken"] = page["nextToken"];
    }
  }
  return {};
}

std::string query(const EcsLogsOptions& o) {
  std::string q = o.follow ? "&follow=1" : "";
  if (!o.container.empty()) q += "&container=" + url_encode(o.container);
  if (o.since_minutes) q += "&since=" + std::to_string(*o.since_minutes) + "m";
  if (!o.start.empty()) q += "&since=" + url_encode(o.start);
  if (!o.end.empty()) q += "&until=" + url_encode(o.end);
  return q.empty() ? q : "?" + q.substr(1);
}

Status journal(Session& session, const Client& client, const Json& task, const EcsLogsOptions& o) {
  std::string line;
  FrameDecoder decoder({[&](std::string_view, bool, std::string_view time) {
                          line = o.timestamps ? std::string(time) + "\t" : "";
                        },
                        [&](std::string_view bytes) { line += bytes; },
                        [&] { session.out.line(line); }});
  Status damage;
  DRYDOCK_TRY(
      client.stream("tasks/" + task_id(task) + "/logs" + query(o), [&](std::string_view data) {
        damage = decoder.feed(data);
        return damage && !session.out.gone();
      }));
  return damage;
}

Status show(Session& session, const EcsLogsOptions& o) {
  DRYDOCK_LET(const Client client, session.connect());
  DRYDOCK_LET(const Json task, look_up(client, o.task, Several::kNewestStopped));
  return o.filter.empty() ? journal(session, client, task, o) : filtered(session, client, task, o);
}

}  // namespace

int execute(Session& session, const EcsLogsOptions& options) {
  const Status done = show(session, options);
  return done ? 0 : session.failed(done.error());
}

}  // namespace drydock::cli
