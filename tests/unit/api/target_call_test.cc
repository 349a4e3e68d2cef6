#include "api/upstream/target_call.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drydock::api {
namespace {

Result<ServiceCall> call(const std::string& arn, Json more = Json::object()) {
  more["Arn"] = arn;
  return target_call({"arn:aws:events:us-east-1:123456789012:rule/r", "us-east-1", "123456789012",
                      std::make_shared<const Json>(std::move(more)), R"({"a":1})"});
}

TEST(TargetCall, AQueueGetsAMessage) {
  const auto made = call("arn:aws:sqs:eu-west-1:123456789012:jobs.fifo",
                         {{"SqsParameters", {{"MessageGroupId", "g"}}}});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->service, "sqs");
  EXPECT_EQ(made->region, "eu-west-1");
  EXPECT_EQ(made->request.headers.at("x-amz-target"), "AmazonSQS.SendMessage");
  const Json body = *parse_json(made->request.body);
  EXPECT_EQ(body["QueueUrl"], "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs.fifo");
  EXPECT_EQ(body["MessageBody"], R"({"a":1})");
  EXPECT_EQ(body["MessageGroupId"], "g");
}

TEST(TargetCall, ATopicGetsAForm) {
  const auto made = call("arn:aws:sns:us-east-1:123456789012:news");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->request.body,
            "Action=Publish&Message=%7B%22a%22%3A1%7D&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%"
            "3A123456789012%3Anews&Version=2010-03-31");
}

TEST(TargetCall, AFunctionIsInvokedWithoutWaiting) {
  const auto made = call("arn:aws:lambda:us-east-1:123456789012:function:f");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->request.headers.at("x-amz-invocation-type"), "Event");
  EXPECT_EQ(made->request.body, R"({"a":1})");
}

TEST(TargetCall, StreamsGetBase64) {
  const auto made = call("arn:aws:kinesis:us-east-1:123456789012:stream/s");
  ASSERT_TRUE(made) << made.error().message;
  const Json body = *parse_json(made->request.body);
  EXPECT_EQ(body["StreamName"], "s");
  EXPECT_EQ(body["Data"], "eyJhIjoxfQ==");
}

TEST(TargetCall, OtherTargetsAreNamed) {
  const auto none = call("arn:aws:batch:us-east-1:123456789012:job-queue/q");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::kUnsupported);
  EXPECT_NE(none.error().message.find("a target of batch is sent nothing"), std::string::npos);
  EXPECT_FALSE(call("queue"));
}

}  // namespace
}  // namespace drydock::api
