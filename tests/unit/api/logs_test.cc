#include <boost/crc.hpp>

#include "api/logs/event_stream.h"
#include "api/logs/journals.h"
#include "api/logs/retention.h"
#include "logrouter/journal.h"
#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

using runtime::ContainerStatus;
using runtime::TaskStatus;

class LogsTest : public testing::ApiTest {
 protected:
  testing::Reply logs(const std::string& operation, const Json& input,
                      const std::string& scope = "") {
    http::Request r;
    r.method = "POST";
    r.target = r.path = "/";
    r.headers = {{"x-amz-target", "Logs_20140328." + operation}};
    if (!scope.empty())
      r.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + scope +
                                                  "/logs/aws4_request, SignedHeaders=host");
    r.body = input.dump();
    return send(r);
  }
  // A task whose container logs with these options, started; its id.
  std::string start_task(const Json& options, const Json& more = Json::object()) {
    call("CreateCluster", {{"clusterName", "c"}});
    Json definition = fargate("web");
    definition["executionRoleArn"] = "arn:aws:iam::123456789012:role/exec";
    definition["containerDefinitions"][0]["logConfiguration"] = {{"logDriver", "awslogs"},
                                                                 {"options", options}};
    EXPECT_EQ(call("RegisterTaskDefinition", definition).status, 200);
    Json input = run_input();
    for (const auto& [key, value] : more.items()) input[key] = value;
    const auto r = call("RunTask", input);
    EXPECT_EQ(r.status, 200) << r.body.dump();
    const std::string id = id_of(r.body["tasks"][0]);
    change(id, [](runtime::TaskView& v) {
      v.containers[0].started_at = now();
      v.containers[0].known = ContainerStatus::kRunning;
    });
    return id;
  }
  static Json options() {
    return {
        {"awslogs-group", "/g"}, {"awslogs-region", "eu-west-1"}, {"awslogs-stream-prefix", "p"}};
  }
  std::vector<std::string> expired(Duration keep) {
    auto streams = plane->loop.call([&] { return logs::kept_streams(*plane->context); });
    std::vector<std::string> names;
    for (const auto& one : logs::expired_streams(*plane->context, streams, keep))
      names.push_back(one.readable.stream->name);
    return names;
  }
};

TEST_F(LogsTest, AStreamIsThereWhenItsContainerHasStarted) {
  const std::string id = start_task(options());
  EXPECT_EQ(logs("DescribeLogGroups", Json::object()).body["logGroups"].size(), 0u);  // us-east-1
  const auto groups = logs("DescribeLogGroups", Json::object(), "AKID/20260101/eu-west-1").body;
  ASSERT_EQ(groups["logGroups"].size(), 1u);
  EXPECT_EQ(groups["logGroups"][0]["arn"], "arn:aws:logs:eu-west-1:123456789012:log-group:/g:*");
  const auto streams =
      logs("DescribeLogStreams", {{"logGroupName", "/g"}}, "AKID/20260101/eu-west-1").body;
  ASSERT_EQ(streams["logStreams"].size(), 1u);
  EXPECT_EQ(streams["logStreams"][0]["logStreamName"], "p/web/" + id);
  EXPECT_FALSE(streams["logStreams"][0].contains("lastEventTimestamp"));
}

TEST_F(LogsTest, StreamsAndGroupsOutliveTheDaemon) {
  start_task(options());
  logs("CreateLogGroup", {{"logGroupName", "a"}, {"tags", {{"k", "v"}}}});
  logs("PutRetentionPolicy", {{"logGroupName", "a"}, {"retentionInDays", 3}});
  const auto before = logs("DescribeLogGroups", Json::object()).body;
  restart();
  EXPECT_EQ(logs("DescribeLogGroups", Json::object()).body, before);
  const auto streams =
      logs("DescribeLogStreams", {{"logGroupName", "/g"}}, "AKID/20260101/eu-west-1").body;
  EXPECT_EQ(streams["logStreams"].size(), 1u);
}

TEST_F(LogsTest, ADeletedGroupDoesNotComeBackWhileItsTaskRuns) {
  const std::string id = start_task(options());
  const std::string scope = "AKID/20260101/eu-west-1";
  EXPECT_EQ(logs("DeleteLogGroup", {{"logGroupName", "/g"}}, scope).status, 200);
  become(id, TaskStatus::kRunning);
  EXPECT_EQ(logs("DescribeLogGroups", Json::object(), scope).body["logGroups"].size(), 0u);
}

TEST_F(LogsTest, ATaskWithWrongOptionsIsStoppedAtOnce) {
  Json wrong = options();
  wrong["awslogs-multiline-pattern"] = "(";
  wrong["awslogs-create-group"] = "true";
  const std::string id = start_task(wrong);
  ASSERT_EQ(plane->engine.stops.size(), 1u);
  EXPECT_NE(plane->engine.stops[0].find(
                "TaskFailedToStart ResourceInitializationError: failed to validate logger args: "
                "awslogs could not parse multiline pattern key \"(\""),
            std::string::npos)
      << plane->engine.stops[0];
}

TEST_F(LogsTest, WhatEndedLongAgoExpiresByItsGroupsRetention) {
  const std::string id = start_task(options());
  const auto journal = plane->context->facts.root + "/logs/" + id + "/web";
  auto writer = logrouter::JournalWriter::open(journal, {}).value();
  const Time at = now() - std::chrono::hours(48);
  writer.append(logrouter::Stream::kStdout, at, "old\n");
  writer.flush(at);
  const std::string scope = "AKID/20260101/eu-west-1";
  // The stream was made now, but its only event is old; what counts is the later one.
  EXPECT_TRUE(expired(std::chrono::hours(1)).empty());  // it runs
  become(id, TaskStatus::kStopped);
  EXPECT_TRUE(expired(std::chrono::hours(1)).empty());
  EXPECT_EQ(expired(Duration(-std::chrono::hours(1))).size(), 1u);
  const Json get = {{"logGroupName", "/g"}, {"logStreamName", "p/web/" + id}};
  EXPECT_EQ(logs("GetLogEvents", get, scope).body["events"].size(), 1u);
  logs("PutRetentionPolicy", {{"logGroupName", "/g"}, {"retentionInDays", 1}}, scope);
  EXPECT_EQ(logs("GetLogEvents", get, scope).body["events"].size(), 0u);
  EXPECT_EQ(expired(Duration(-std::chrono::hours(1))).size(), 0u);
}

TEST_F(LogsTest, WhatIsMissingIsSaidInTheWordsOfTheService) {
  const auto r = logs("CreateLogStream", {{"logGroupName", "a b"}});
  EXPECT_EQ(r.type(), "InvalidParameterException");
  EXPECT_EQ(r.message(),
            "2 validation errors detected: Value at 'logStreamName' failed to satisfy constraint: "
            "Member must not be null; Value 'a b' at 'logGroupName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+");
  EXPECT_EQ(logs("Nothing", Json::object()).type(), "UnknownOperationException");
  EXPECT_EQ(logs("StartQuery", Json::object()).type(), "UnsupportedFeatureException");
}

TEST(EventFrames, HaveTheFormOfTheSpecification) {
  const std::string frame = logs::event_frame("event", "sessionStart", "{}");
  const auto number = [&](std::size_t at) {
    std::uint32_t n = 0;
    for (std::size_t i = at; i < at + 4; ++i) n = n << 8 | static_cast<unsigned char>(frame[i]);
    return n;
  };
  const auto checksum = [&](std::size_t size) {
    boost::crc_32_type crc;
    crc.process_bytes(frame.data(), size);
    return crc.checksum();
  };
  EXPECT_EQ(number(0), frame.size());
  EXPECT_EQ(number(4) + 16 + 2, frame.size());
  EXPECT_EQ(number(8), checksum(8));
  EXPECT_EQ(number(frame.size() - 4), checksum(frame.size() - 4));
}

}  // namespace
}  // namespace drydock::api
