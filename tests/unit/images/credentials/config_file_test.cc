#include "images/credentials/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::images::credentials {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ConfigKeys, EveryFormOfARegistrysNameIsOne) {
  for (const char* key : {"https://index.docker.io/v1/", "index.docker.io", "docker.io",
                          "registry-1.docker.io", "https://index.docker.io/v2/"})
    EXPECT_EQ(normal_key(key), "docker.io") << key;
  EXPECT_EQ(normal_key("https://host:5000/v2/path"), "host:5000");
  EXPECT_EQ(normal_key("host:5000/v1/"), "host:5000");
  EXPECT_EQ(normal_key("quay.io/org"), "quay.io/org");
}

TEST(ConfigFiles, LoginsTokensAndHelpersAreRead) {
  const auto file = parse_config_file(R"({
    "auths": {"https://index.docker.io/v1/": {"auth": "dXNlcjpwYTpzcw=="},
              "host:5000": {"username": "u", "password": "p"},
              "token.example": {"auth": "PHRva2VuPjo=", "identitytoken": "refresh"},
              "quay.io": {"auth": "YTph"}, "quay.io/org/app": {"auth": "Yjpi"},
              "broken": {"auth": "%%%"}, "none": {}, "odd": 7},
    "credHelpers": {"gcr.io": "gcloud", "evil": "../../bin/sh"},
    "credsStore": "pass", "detachKeys": "x"})");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(find_credentials(*file, "docker.io", "library/x").password, "pa:ss");
  EXPECT_EQ(find_credentials(*file, "host:5000", "").username, "u");
  EXPECT_TRUE(find_credentials(*file, "host:5001", "x").empty());
  EXPECT_EQ(find_credentials(*file, "token.example", "x").identity_token, "refresh");
  EXPECT_EQ(find_credentials(*file, "quay.io", "org/app").username, "b");
  EXPECT_EQ(find_credentials(*file, "quay.io", "org/app/sub").username, "b");
  EXPECT_EQ(find_credentials(*file, "quay.io", "org/application").username, "a");
  for (const char* nothing : {"broken", "none", "odd"})
    EXPECT_TRUE(find_credentials(*file, nothing, "x").empty()) << nothing;
  EXPECT_EQ(find_helper(*file, "gcr.io"), "gcloud");
  EXPECT_EQ(find_helper(*file, "evil"), "pass") << "a name with a path is no helper";
}

TEST(ConfigFiles, ABrokenOneIsRefusedWithoutQuotingIt) {
  for (const char* bad : {"", "[]", "{\"auths\": {\"a\": {\"auth\": \"c2VjcmV0", "7"}) {
    const auto file = parse_config_file(bad);
    ASSERT_FALSE(file) << bad;
    EXPECT_THAT(file.error().message, Not(HasSubstr("c2VjcmV0")));
  }
  EXPECT_FALSE(parse_config_file(R"({"credsStore":"a/b"})"));
  EXPECT_TRUE(parse_config_file("{}")->auths.empty());
}

TEST(HelperAnswers, AnIdentityTokenIsMarkedByItsUserName) {
  EXPECT_EQ(parse_helper_answer(R"({"ServerURL":"x","Username":"u","Secret":"s"})")->password, "s");
  const auto token = parse_helper_answer(R"({"Username":"<token>","Secret":"s"})");
  EXPECT_EQ(token->identity_token, "s");
  EXPECT_TRUE(token->username.empty());
  const auto broken = parse_helper_answer(R"({"Secret":"hidden)");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, Not(HasSubstr("hidden")));
}

TEST(Logins, AreCutAtTheirColon) {
  EXPECT_EQ(split_login(std::string("u:p\0\0", 5))->password, "p");
  EXPECT_FALSE(split_login("nocolon"));
  EXPECT_FALSE(split_login(":p"));
}

}  // namespace
}  // namespace drydock::images::credentials
