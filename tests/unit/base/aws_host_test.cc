#include "base/aws_host.h"

#include <gtest/gtest.h>

namespace drydock {
namespace {

std::string told(std::string_view name) {
  const auto host = aws_host(name);
  return host ? host->service + "@" + host->region : "none";
}

TEST(AwsHosts, AreReadAsServiceAndRegion) {
  EXPECT_EQ(told("logs.eu-west-1.amazonaws.com"), "logs@eu-west-1");
  EXPECT_EQ(told("LOGS.us-gov-east-1.amazonaws.com."), "logs@us-gov-east-1");
  EXPECT_EQ(told("logs-fips.us-east-1.amazonaws.com"), "logs@us-east-1");
  EXPECT_EQ(told("logs.cn-north-1.amazonaws.com.cn"), "logs@cn-north-1");
  EXPECT_EQ(told("logs.us-east-1.api.aws"), "logs@us-east-1");
  EXPECT_EQ(told("kinesis.ap-southeast-2.amazonaws.com"), "kinesis@ap-southeast-2");
}

TEST(AwsHosts, OfS3MayHaveABucketInFrontAndNoRegion) {
  EXPECT_EQ(told("s3.amazonaws.com"), "s3@");
  EXPECT_EQ(told("s3.us-west-2.amazonaws.com"), "s3@us-west-2");
  EXPECT_EQ(told("my.bucket.s3.us-west-2.amazonaws.com"), "s3@us-west-2");
  EXPECT_EQ(told("bucket.s3.dualstack.us-west-2.amazonaws.com"), "s3@us-west-2");
}

TEST(AwsHosts, OtherNamesAreNone) {
  for (const char* name :
       {"", ".", "amazonaws.com", "example.org", "logs.us-east-1.amazonaws.com.evil.org",
        "logs.us-east-1.notamazonaws.com", "us-east-1.amazonaws.com", "logs.amazonaws.com",
        "x.logs.us-east-1.amazonaws.com", "logs..amazonaws.com", "-.-.api.aws",
        "-fips.us-east-1.amazonaws.com"})
    EXPECT_EQ(told(name), "none") << name;
}

}  // namespace
}  // namespace drydock
