#include "images/credentials/ecr.h"

#include "images/credentials/aws_keys.h"

#include <gtest/gtest.h>

namespace drydock::images::credentials {
namespace {

TEST(EcrHosts, AreKnownByTheirShape) {
  const auto host = parse_ecr_host("123456789012.dkr.ecr.eu-west-1.amazonaws.com");
  ASSERT_TRUE(host);
  EXPECT_EQ(host->region, "eu-west-1");
  EXPECT_EQ(host->endpoint, "https://api.ecr.eu-west-1.amazonaws.com");
  EXPECT_EQ(parse_ecr_host("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn")->endpoint,
            "https://api.ecr.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(parse_ecr_host("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com")->endpoint,
            "https://ecr-fips.us-east-1.amazonaws.com");
  for (const char* other :
       {"docker.io", "", "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example",
        "12345.dkr.ecr.eu-west-1.amazonaws.com", "123456789012.dkr.ecr.amazonaws.com",
        "x23456789012.dkr.ecr.eu-west-1.amazonaws.com", "123456789012.dkr.ecr.a/b.amazonaws.com"})
    EXPECT_FALSE(parse_ecr_host(other)) << other;
}

TEST(AwsCredentials, AreReadFromTheirProfile) {
  const char* text =
      "# mine\n[other]\naws_access_key_id=no\n\n[ default ]\r\naws_access_key_id = A\r\n"
      "aws_secret_access_key= s=/+ \naws_session_token =t\n[last]\naws_access_key_id=L\n";
  const http::AwsKeys keys = parse_aws_credentials(text, "default");
  EXPECT_EQ(keys.id, "A");
  EXPECT_EQ(keys.secret, "s=/+");
  EXPECT_EQ(keys.session_token, "t");
  EXPECT_TRUE(parse_aws_credentials(text, "last").empty()) << "half a key is none";
  EXPECT_TRUE(parse_aws_credentials("[\n=\n[]", "default").empty());
}

}  // namespace
}  // namespace drydock::images::credentials
