#include "images/credentials/ecr.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::images::credentials {
namespace {

using ::testing::EndsWith;

TEST(Signature, IsTheOneOfThePublishedVectors) {
  const AwsKeys keys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
  AwsRequest request{
      "GET", "/",         {{"host", "example.amazonaws.com"}, {"x-amz-date", amz_date(1440938160)}},
      "",    "us-east-1", "service"};
  EXPECT_EQ(sign_v4(request, keys),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  request.method = "POST";
  EXPECT_THAT(sign_v4(request, keys),
              EndsWith("5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"));
}

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
  const AwsKeys keys = parse_aws_credentials(text, "default");
  EXPECT_EQ(keys.id, "A");
  EXPECT_EQ(keys.secret, "s=/+");
  EXPECT_EQ(keys.session_token, "t");
  EXPECT_TRUE(parse_aws_credentials(text, "last").empty()) << "half a key is none";
  EXPECT_TRUE(parse_aws_credentials("[\n=\n[]", "default").empty());
}

}  // namespace
}  // namespace drydock::images::credentials
