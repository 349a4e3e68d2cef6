#include "api/trust.h"

#include <gtest/gtest.h>

namespace drydock::api {
namespace {

http::Request from(std::optional<uid_t> uid, const std::string& host = "127.0.0.1:4590") {
  http::Request r;
  r.remote_uid = uid;
  r.remote_address = "127.0.0.1";
  r.headers = {{"Host", host}};
  return r;
}

TEST(Trust, RootAndListedUsersPass) {
  const Trust trust({4242}, "no-such-group-here");
  EXPECT_EQ(trust.refusal(from(0)), std::nullopt);
  EXPECT_EQ(trust.refusal(from(4242)), std::nullopt);
}

TEST(Trust, AStrangerIsRefusedWithTheNameOfTheGroup) {
  const Trust trust({4242}, "no-such-group-here");
  const auto why = trust.refusal(from(4243));
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("'no-such-group-here'"), std::string::npos) << *why;
  EXPECT_TRUE(trust.refusal(from(std::nullopt)));
}

TEST(Trust, AWebPageIsRefusedWhoeverRunsTheBrowser) {
  auto request = from(0);
  request.headers.emplace_back("origin", "http://localhost:3000");
  EXPECT_TRUE(Trust({}).refusal(request));
}

TEST(Trust, AHostThatIsNotThisMachineIsRefusedOverTcpOnly) {
  EXPECT_TRUE(Trust({}).refusal(from(0, "evil.example:4590")));
  auto request = from(0, "evil.example");
  request.remote_address.clear();
  EXPECT_EQ(Trust({}).refusal(request), std::nullopt);
}

TEST(Trust, LoopbackHostNames) {
  for (const char* good : {"localhost", "LOCALHOST:80", "127.0.0.1", "127.9.9.9:1", "[::1]:4590",
                           "ecs.localhost:1", "host.docker.internal:4590"})
    EXPECT_TRUE(is_loopback_host(good)) << good;
  for (const char* bad : {"", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example",
                          "[::2]", "evil", "0.0.0.0", ":80"})
    EXPECT_FALSE(is_loopback_host(bad)) << bad;
}

}  // namespace
}  // namespace drydock::api
