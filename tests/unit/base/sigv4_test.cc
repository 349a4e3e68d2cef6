#include "base/http/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/http/aws_call.h"
#include "base/ids.h"

namespace drydock::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

const AwsKeys kKeys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};

AwsRequest request(std::string method = "GET") {
  AwsRequest out;
  out.method = std::move(method);
  out.headers = {{"host", "example.amazonaws.com"}, {"x-amz-date", amz_date(1440938160)}};
  out.region = "us-east-1";
  out.service = "service";
  return out;
}

TEST(Signature, IsTheOneOfThePublishedVectors) {
  EXPECT_EQ(sign_v4(request(), kKeys),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_THAT(sign_v4(request("POST"), kKeys),
              EndsWith("5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"));
  AwsRequest query = request();
  query.query = {{"Param2", "value2"}, {"Param1", "value1"}};
  EXPECT_THAT(sign_v4(query, kKeys),
              EndsWith("b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"));
}

// Expected values from botocore's signer.
TEST(Signature, EncodesQueryAndPathAsAwsDoes) {
  AwsRequest query = request();
  query.query = {{"a b", "/+"}, {"a", ""}, {"Z", "1"}};
  EXPECT_THAT(sign_v4(query, kKeys),
              EndsWith("512ab5b96c28db176db578306267d79ed44fcbca1d94848edcdd82e05f8537a7"));
  EXPECT_EQ(canonical_query(query.query), "Z=1&a=&a%20b=%2F%2B");
  AwsRequest path = request();
  path.path = "/2015-02-01/file%20systems/%E1%88%B4";
  EXPECT_THAT(sign_v4(path, kKeys),
              EndsWith("53321a5879cf2ee614f36512560b4d79a06914c1b6eb466ec171b8715063b61f"));
}

TEST(Signature, LeavesThePathOfAnObjectAsItIs) {
  AwsRequest put = request("PUT");
  put.service = "s3";
  put.path = "/bucket/a%20b";
  put.body = "x";
  put.headers["x-amz-content-sha256"] = sha256_hex(put.body);
  EXPECT_THAT(sign_v4(put, kKeys),
              EndsWith("2abf43766dbbaccef1332c8bc73eb4c176588705e9fcf3672dd306778160df8d"));
}

TEST(Signature, CoversTokenAndHeaders) {
  AwsRequest call = request("POST");
  call.headers["x-amz-target"] = "secretsmanager.GetSecretValue";
  call.headers["content-type"] = "  application/x-amz-json-1.1  a   b ";
  call.headers["x-amz-security-token"] = "TOKEN+/=";
  call.body = "{}";
  EXPECT_THAT(sign_v4(call, kKeys),
              EndsWith("c85d68e7ca94aef9b1f818a62986ec9bd25495effca38f753830eb419c1c336d"));
}

TEST(AwsEndpoints, AreNamedByServiceAndRegion) {
  EXPECT_EQ(aws_endpoint("logs", "eu-west-1").url, "https://logs.eu-west-1.amazonaws.com");
  EXPECT_EQ(aws_endpoint("ecr", "cn-north-1", "api.ecr").url,
            "https://api.ecr.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(aws_endpoint_at("http://127.0.0.1:4566//", "ssm", "us-east-1").url,
            "http://127.0.0.1:4566");
  EXPECT_EQ(aws_endpoint_at("example.test", "ssm", "us-east-1").url, "https://example.test");
}

TEST(AwsEndpoints, AreNotAskedWithKeysThatWouldBreakAHeader) {
  const auto answer = aws_json_call(aws_endpoint_at("http://127.0.0.1:1", "ssm", "us-east-1"),
                                    {"AK\r\nX: y", "s", ""}, "T.Op", "{}");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::kInvalid);
  EXPECT_THAT(answer.error().message, HasSubstr("malformed"));
}

}  // namespace
}  // namespace drydock::http
