#include "api/other_services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::api {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

http::Request asked(const std::string& service, http::Headers more = {}) {
  http::Request r;
  r.method = "GET";
  r.path = "/";
  r.headers = std::move(more);
  r.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260504/us-east-1/" +
                                              service +
                                              "/aws4_request, SignedHeaders=host, Signature=00");
  return r;
}

TEST(OtherServices, AreNamedInTheFormTheirClientsRead) {
  const auto s3 = other_service(asked("s3"));
  ASSERT_TRUE(s3);
  EXPECT_EQ(s3->status, 400);
  EXPECT_THAT(s3->body, StartsWith("<?xml"));
  EXPECT_THAT(s3->body, HasSubstr("<Error><Code>UnknownOperationException</Code>"));
  EXPECT_THAT(s3->body, HasSubstr("AWS_ENDPOINT_URL_S3"));
  const auto kinesis =
      other_service(asked("kinesis", {{"Content-Type", "application/x-amz-json-1.1"}}));
  ASSERT_TRUE(kinesis);
  EXPECT_THAT(kinesis->body, HasSubstr("not kinesis."));
  EXPECT_EQ(kinesis->status, 400);
  const auto sqs = other_service(
      asked("sqs", {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}));
  ASSERT_TRUE(sqs);
  EXPECT_THAT(sqs->body, HasSubstr("<ErrorResponse><Error><Type>Sender</Type>"));
  EXPECT_THAT(other_service(asked("service-quotas"))->body,
              HasSubstr("AWS_ENDPOINT_URL_SERVICE_QUOTAS"));
}

TEST(OtherServices, EcsStsAndTheUnsignedAreNone) {
  EXPECT_FALSE(other_service(asked("ecs")));
  EXPECT_FALSE(other_service(asked("sts")));
  EXPECT_FALSE(other_service({}));
  EXPECT_FALSE(other_service(
      asked("odd", {{"X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListTasks"}})));
}

TEST(OtherServices, WhatIsNoServiceIsNeverRepeated) {
  EXPECT_FALSE(other_service(asked("<script>")));
  EXPECT_FALSE(other_service(asked(std::string(100, 'a'))));
}

}  // namespace
}  // namespace drydock::api
