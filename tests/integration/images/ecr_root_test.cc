#include "images/credentials/ecr.h"

#include "tests/integration/images/registry_fixture.h"

// The login of Amazon ECR against a server of ours that answers as its API does.
namespace drydock::images::credentials {
namespace {

using registry::RudeServer;
using registry::Seen;
using registry::Wire;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const http::AwsKeys kKeys{"AKIDEXAMPLE", "very-secret", "session"};

TEST(EcrLogin, IsAskedForWithASignatureAndWithoutTheKey) {
  const RudeServer server([](const Seen&, const Wire& wire) {
    wire.reply(200, R"({"authorizationData":[{"authorizationToken":"QVdTOnB3","expiresAt":1.5}]})");
  });
  const auto login = ecr_login({"eu-west-1", server.url()}, kKeys);
  ASSERT_TRUE(login) << login.error().message;
  EXPECT_EQ(login->username, "AWS");
  EXPECT_EQ(login->password, "pw");
  const Seen seen = server.seen().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.body, "{}");
  EXPECT_EQ(seen.header("content-type"), "application/x-amz-json-1.1");
  EXPECT_EQ(seen.header("host"), server.host());
  EXPECT_EQ(seen.header("x-amz-security-token"), "session");
  EXPECT_EQ(seen.header("x-amz-target"),
            "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken");
  EXPECT_THAT(seen.header("authorization"), StartsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
  EXPECT_THAT(seen.header("authorization"), HasSubstr("/eu-west-1/ecr/aws4_request"));
  EXPECT_THAT(seen.header("authorization"), Not(HasSubstr("very-secret")));
}

TEST(EcrLogin, RefusedKeysAreDeniedWithTheServicesWords) {
  const RudeServer server([](const Seen&, const Wire& wire) {
    wire.reply(400, R"({"__type":"UnrecognizedClientException","message":"token is invalid"})");
  });
  const auto login = ecr_login({"eu-west-1", server.url()}, kKeys);
  ASSERT_FALSE(login);
  EXPECT_EQ(login.error().code, Errc::kDenied);
  EXPECT_THAT(login.error().message, HasSubstr("token is invalid"));
  EXPECT_THAT(login.error().message, Not(HasSubstr("very-secret")));
}

TEST(EcrLogin, AnAnswerWithoutALoginIsRefused) {
  for (const char* body : {"", "[]", R"({"authorizationData":[]})",
                           R"({"authorizationData":[{"authorizationToken":"%"}]})"}) {
    const RudeServer server([&](const Seen&, const Wire& wire) { wire.reply(200, body); });
    EXPECT_FALSE(ecr_login({"eu-west-1", server.url()}, kKeys)) << body;
  }
}

}  // namespace
}  // namespace drydock::images::credentials
