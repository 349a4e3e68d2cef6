#include "api/upstream/upstream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/upstream/aws_chunked.h"
#include "api/upstream/passed_on.h"
#include "base/http/door.h"

namespace drydock::api {
namespace {

using ::testing::HasSubstr;

http::Request request(const std::string& method, const std::string& target, http::Headers headers) {
  http::Request r;
  r.method = method;
  r.target = target;
  r.path = target.substr(0, target.find('?'));
  if (r.path.size() < target.size()) r.query = target.substr(r.path.size() + 1);
  r.headers = std::move(headers);
  return r;
}

http::Request signed_by(const std::string& service, http::Headers more = {},
                        const std::string& target = "/") {
  more.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260504/eu-west-1/" +
                                         service +
                                         "/aws4_request, SignedHeaders=host, Signature=0");
  return request("POST", target, std::move(more));
}

TEST(Asked, BySignatureByTargetAndByHost) {
  EXPECT_EQ(asked_of(signed_by("sqs")), (Asked{"sqs", "eu-west-1", ""}));
  EXPECT_EQ(
      asked_of(request(
          "GET", "/b/k?X-Amz-Credential=AKID%2F20260504%2Feu-west-2%2Fs3%2Faws4_request", {})),
      (Asked{"s3", "eu-west-2", ""}));
  EXPECT_EQ(asked_of(request("GET", "/b/k?AWSAccessKeyId=a&Signature=b&Expires=1", {})).service,
            "s3");
  EXPECT_EQ(
      asked_of(request("POST", "/", {{"X-Amz-Target", "DynamoDB_20120810.ListTables"}})).service,
      "dynamodb");
  EXPECT_EQ(asked_of(request("POST", "/", {{"X-Amz-Target", "AmazonSQS.SendMessage"}})).service,
            "sqs");
  EXPECT_EQ(asked_of(request("POST", "/", {{"Host", "sqs.eu-west-1.localhost:4590"}})),
            (Asked{"sqs", "eu-west-1", ""}));
  EXPECT_EQ(asked_of(request("GET", "/", {{"Host", "localhost:4590"}})), Asked{});
}

TEST(Asked, ABucketOfTheHost) {
  const auto at = [](const std::string& host) {
    return asked_of(signed_by("s3", {{"Host", host}})).bucket;
  };
  EXPECT_EQ(at("my-bucket.localhost:4590"), "my-bucket");
  EXPECT_EQ(at("my.bucket.s3.localhost"), "my.bucket");
  EXPECT_EQ(at("b.s3.eu-west-1.amazonaws.com"), "b");
  EXPECT_EQ(at("s3.localhost:4590"), "");
  EXPECT_EQ(at("localhost:4590"), "");
  EXPECT_EQ(asked_of(signed_by("sqs", {{"Host", "queue.localhost"}})).bucket, "");
}

Status feed(AwsChunked& decoder, std::string_view text, std::string& out) {
  for (const char c : text)
    if (auto fed = decoder.feed({&c, 1}, out); !fed) return fed;
  return {};
}

TEST(AwsChunked, BytesWithoutSizesSignaturesAndTrailers) {
  const std::string wire =
      "5;chunk-signature=0a\r\nhello\r\n6;chunk-signature=0b\r\n world\r\n0;chunk-signature=0c\r\n"
      "x-amz-checksum-crc32:AAAA\r\n\r\n";
  AwsChunked slow, quick;
  std::string out, at_once;
  EXPECT_TRUE(feed(slow, wire, out));
  EXPECT_TRUE(quick.feed(wire, at_once));
  EXPECT_EQ(out, "hello world");
  EXPECT_EQ(at_once, out);
  EXPECT_TRUE(slow.done() && quick.done());
}

TEST(AwsChunked, NonsenseIsRefused) {
  for (const char* const bad : {"x\r\n", "\r\n", "-1\r\n", "5\r\nhelloo\r\n", "5\nhello\r\n",
                                "0\r\n\r\nmore", "fffffffffffffffff\r\n"}) {
    AwsChunked decoder;
    std::string out;
    EXPECT_FALSE(decoder.feed(bad, out)) << bad;
    EXPECT_FALSE(decoder.done() && decoder.feed("0\r\n\r\n", out)) << bad;
  }
  AwsChunked endless;
  std::string out;
  EXPECT_FALSE(endless.feed(std::string(5000, '1'), out));
}

TEST(PassedOn, AsItCameButForWhatBelongsToTheConnection) {
  const auto out = passed_on(request("PUT", "/b/a%20key?tagging=",
                                     {{"Host", "b.localhost:4590"},
                                      {"Authorization", "AWS4 x"},
                                      {"Connection", "keep-alive, X-Mine"},
                                      {"X-Mine", "1"},
                                      {"Expect", "100-continue"},
                                      {"Content-Length", "7"},
                                      {"Transfer-Encoding", "chunked"},
                                      {"x-amz-date", "20260504T000000Z"}}),
                             "http://localhost:4566");
  EXPECT_EQ(out.url, "http://localhost:4566/b/a%20key?tagging=");
  EXPECT_EQ(out.headers, (http::Headers{{"Host", "b.localhost:4590"},
                                        {"Authorization", "AWS4 x"},
                                        {"x-amz-date", "20260504T000000Z"}}));
}

TEST(PassedOn, SignedAnewForAws) {
  http::Request r = request("PUT", "/a%20key?acl&X-Amz-Signature=old&n=1",
                            {{"Host", "bkt.localhost:4590"},
                             {"Authorization", "AWS4-HMAC-SHA256 Credential=theirs"},
                             {"X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
                             {"X-Amz-Decoded-Content-Length", "11"},
                             {"Content-Encoding", "aws-chunked,gzip"},
                             {"Content-Length", "200"},
                             {"x-amz-meta-a", "b"}});
  Resigned parts = resigned(r, {"s3", "eu-west-1", "bkt"});
  EXPECT_EQ(parts.body, SignedBody::kDecoded);
  EXPECT_EQ(parts.length, 11u);
  const auto out = signed_request(std::move(parts), "https://s3.eu-west-1.amazonaws.com",
                                  {"ours", "secret", "token"}, 0);
  EXPECT_EQ(out.url, "https://s3.eu-west-1.amazonaws.com/bkt/a%20key?acl=&n=1");
  EXPECT_EQ(http::header(out.headers, "content-encoding"), "gzip");
  EXPECT_EQ(http::header(out.headers, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  EXPECT_EQ(http::header(out.headers, "x-amz-security-token"), "token");
  EXPECT_EQ(http::header(out.headers, "x-amz-meta-a"), "b");
  EXPECT_EQ(http::header(out.headers, "host"), "");
  EXPECT_THAT(
      std::string(http::header(out.headers, "authorization")),
      HasSubstr("Credential=ours/19700101/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-"));
}

TEST(PassedOn, BodiesThatTheirClientHashedAreNotReadForIt) {
  const std::string hash(64, 'a');
  EXPECT_EQ(resigned(signed_by("sqs"), {"sqs", "eu-west-1", ""}).body, SignedBody::kHashed);
  const auto hashed =
      resigned(signed_by("lambda", {{"x-amz-content-sha256", hash}}), {"lambda", "r", ""});
  EXPECT_EQ(hashed.body, SignedBody::kAsItIs);
  EXPECT_EQ(hashed.request.payload_hash, hash);
  const auto trailer =
      resigned(signed_by("s3", {{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                                {"Content-Encoding", "aws-chunked"}}),
               {"s3", "r", ""});
  EXPECT_EQ(trailer.body, SignedBody::kAsItIs);
  EXPECT_EQ(trailer.request.payload_hash, "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
}

TEST(PassedOn, AddressesOfAws) {
  EXPECT_EQ(aws_address("sqs", "eu-west-1"), "https://sqs.eu-west-1.amazonaws.com");
  EXPECT_EQ(aws_address("iam", "eu-west-1"), "https://iam.amazonaws.com");
  EXPECT_EQ(aws_address("ses", "eu-west-1"), "https://email.eu-west-1.amazonaws.com");
  EXPECT_EQ(aws_address("s3", "cn-north-1"), "https://s3.cn-north-1.amazonaws.com.cn");
}

UpstreamOptions options(const std::string& endpoint) {
  UpstreamOptions o;
  o.endpoint = endpoint;
  o.services = {{"sqs", "http://127.0.0.1:9324"}, {"dynamodb", "none"}, {"kms", "aws"}};
  o.keys = [] { return http::AwsKeys{"ours", "secret", ""}; };
  o.region = "us-east-1";
  o.instance = "0a1b2c3d";
  return o;
}

TEST(Upstreams, OfEachServiceOrOfAll) {
  const Upstream u(options("http://localhost:4566"));
  EXPECT_EQ(u.target("s3")->url, "http://localhost:4566");
  EXPECT_EQ(u.target("s3")->setting, "upstream.endpoint");
  EXPECT_FALSE(u.target("s3")->sign);
  EXPECT_EQ(u.target("sqs")->url, "http://127.0.0.1:9324");
  EXPECT_EQ(u.target("sqs")->setting, "upstream.services.sqs");
  EXPECT_FALSE(u.target("dynamodb"));
  EXPECT_EQ(u.target("kms", "eu-west-1")->url, "https://kms.eu-west-1.amazonaws.com");
  EXPECT_TRUE(u.target("kms")->sign);
  EXPECT_FALSE(Upstream(options("")).target("s3"));
  EXPECT_EQ(Upstream(options("aws")).target("s3")->url, "https://s3.us-east-1.amazonaws.com");
  EXPECT_FALSE(Upstream(options("aws")).target(""));
}

TEST(Upstreams, TakeWhatNoRoomHereAnswers) {
  const Upstream u(options("http://localhost:4566"));
  EXPECT_TRUE(u.takes(signed_by("s3")));
  EXPECT_FALSE(u.takes(signed_by("ecs")));
  EXPECT_FALSE(u.takes(signed_by("sts")));
  EXPECT_FALSE(u.takes(signed_by("dynamodb")));
  EXPECT_FALSE(u.takes(
      signed_by("odd", {{"X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListTasks"}})));
  EXPECT_FALSE(u.takes(request("GET", "/", {{"Host", "localhost:4590"}})));
  EXPECT_FALSE(u.takes(request("GET", "/", {{"Host", "drydock.localhost:4590"}})));
  EXPECT_TRUE(u.takes(request("GET", "/bucket/key", {{"Host", "localhost:4590"}})));
  EXPECT_FALSE(u.takes(request("GET", "http://elsewhere/", {})));
}

TEST(Upstreams, WhatIsAwayIsNamedAndNotTriedAgain) {
  const Upstream u(options("http://127.0.0.1:1"));
  const auto s3 = u.forward(signed_by("s3"), [] { return false; });
  EXPECT_EQ(s3.status, 400);
  EXPECT_THAT(s3.body, HasSubstr("<Code>UpstreamUnavailableException</Code>"));
  EXPECT_THAT(s3.body, HasSubstr("upstream.endpoint: http://127.0.0.1:1"));
  const auto kinesis = u.forward(signed_by("kinesis"), [] { return false; });
  EXPECT_THAT(kinesis.body, HasSubstr("\"__type\":\"UpstreamUnavailableException\""));
}

TEST(Upstreams, ThatLeadBackAreFound) {
  http::Door door;
  auto tcp = http::listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(tcp);
  UpstreamOptions own =
      options("http://127.0.0.1:" + std::to_string(*http::bound_port(tcp->get())));
  const auto u = std::make_shared<Upstream>(own);
  door.open(std::move(*tcp), http::Surface{[u](const http::Request& r) {
                                             return u->forward(r, [] { return false; });
                                           },
                                           [](const http::Request&) { return true; },
                                           {}});
  const auto reply = u->forward(signed_by("s3"), [] { return false; });
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("leads back to this daemon"));
}

TEST(Upstreams, RoomsSendTheirOwnCalls) {
  http::Door door;
  auto tcp = http::listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(tcp);
  const int port = *http::bound_port(tcp->get());
  door.open(std::move(*tcp),
            http::Surface{
                [](const http::Request& r) {
                  return http::Response{
                      200, {}, std::string(http::header(r.headers, "Authorization")) + r.body, {}};
                },
                {},
                {}});
  const Upstream u(options("http://127.0.0.1:" + std::to_string(port)));
  http::AwsRequest call;
  call.method = "POST";
  call.body = "{}";
  const auto answer = u.send("events", "eu-west-1", call);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->body, HasSubstr("Credential=drydock/"));
  EXPECT_THAT(answer->body, HasSubstr("/eu-west-1/events/"));
  EXPECT_THAT(u.send("dynamodb", "", call).error().message,
              HasSubstr("upstream.services.dynamodb"));
}

}  // namespace
}  // namespace drydock::api
