#include "metadata/credentials_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>

namespace drydock::metadata {
namespace {

using namespace std::chrono_literals;
using ::testing::MatchesRegex;

const std::string kRole = "arn:aws:iam::111122223333:role/team/pilot";

std::shared_ptr<runtime::TaskSpec> task(const std::string& mode) {
  auto spec = std::make_shared<runtime::TaskSpec>();
  spec->task_id = "4f5e6d7c8b9a40112233445566778899";
  spec->credentials_id = "6e0f1d2c-0000-4000-8000-000000000001";
  spec->credentials = mode;
  spec->definition.task_role_arn = kRole;
  return spec;
}

TEST(LocalKeys, AreWellFormedAndKnown) {
  LocalKeys local;
  const auto keys = local.mint(kRole, "abc", now() + 1h);
  EXPECT_THAT(keys.access_key, MatchesRegex("ASIA[A-Z2-7]{16}"));
  EXPECT_THAT(keys.secret, MatchesRegex("[A-Za-z0-9+/]{40}"));
  EXPECT_EQ(keys.token.size(), 356U);
  const auto who = local.who(keys.access_key);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->arn, "arn:aws:sts::111122223333:assumed-role/pilot/abc");
  EXPECT_EQ(who->account, "111122223333");
  EXPECT_THAT(who->user_id, MatchesRegex("AROA[A-Z2-7]{17}:abc"));
  EXPECT_FALSE(local.who("AKIDOTHER"));
  EXPECT_NE(local.mint(kRole, "abc", now()).access_key, keys.access_key);
}

TEST(LocalKeys, OnlyRolesHaveNames) {
  EXPECT_EQ(role_name("arn:aws-cn:iam::111122223333:role/x")->partition, "aws-cn");
  for (const char* const arn :
       {"", "role", "arn:aws:iam::1:role/x", "arn:aws:iam::111122223333:user/x",
        "arn:aws:iam::111122223333:role/", "arn:aws:iam::11112222333x:role/x"})
    EXPECT_FALSE(role_name(arn)) << arn;
}

TEST(CredentialsKeeper, FakeKeysAreThereAtOnceAndStay) {
  LocalKeys local;
  CredentialsKeeper keeper({}, local);
  const auto spec = task("fake");
  keeper.add(spec);
  const auto found = keeper.find(spec->task_id, spec->credentials_id);
  const auto* const keys = std::get_if<RoleCredentials>(&found);
  ASSERT_NE(keys, nullptr);
  EXPECT_EQ(keys->role_arn, kRole);
  EXPECT_GT(keys->expiration, now() + 5h);
  EXPECT_EQ(std::get<RoleCredentials>(keeper.find(spec->task_id, spec->credentials_id)).access_key,
            keys->access_key);
  EXPECT_EQ(local.who(keys->access_key)->arn,
            "arn:aws:sts::111122223333:assumed-role/pilot/4f5e6d7c8b9a40112233445566778899");
}

TEST(CredentialsKeeper, OtherIdsAndTasksThatAreGoneAreUnknown) {
  LocalKeys local;
  CredentialsKeeper keeper({}, local);
  const auto unknown = [&](const std::string& task_id, const std::string& id) {
    return std::holds_alternative<UnknownCredentials>(keeper.find(task_id, id));
  };
  const auto spec = task("fake");
  EXPECT_TRUE(unknown(spec->task_id, spec->credentials_id));
  keeper.add(spec);
  EXPECT_FALSE(unknown(spec->task_id, spec->credentials_id));
  EXPECT_TRUE(unknown(spec->task_id, "other"));
  EXPECT_TRUE(unknown("other", spec->credentials_id));
  keeper.remove(spec->task_id);
  EXPECT_TRUE(unknown(spec->task_id, spec->credentials_id));
  auto without = task("");
  without->credentials_id.clear();
  keeper.add(without);
  EXPECT_TRUE(unknown(without->task_id, ""));
}

TEST(CredentialsKeeper, AProfileThatIsMissingIsReportedOnceAndPending) {
  LocalKeys local;
  std::mutex mutex;
  std::condition_variable news;
  std::string said;
  KeeperOptions options;
  options.owner.owner.home = "/nonexistent";
  options.report = [&](const std::string&, const std::string& problem) {
    const std::lock_guard lock(mutex);
    said = problem;
    news.notify_all();
  };
  CredentialsKeeper keeper(options, local);
  const auto spec = task("profile:dev");
  keeper.add(spec);
  EXPECT_TRUE(
      std::holds_alternative<PendingCredentials>(keeper.find(spec->task_id, spec->credentials_id)));
  std::unique_lock lock(mutex);
  ASSERT_TRUE(news.wait_for(lock, 10s, [&] { return !said.empty(); }));
  EXPECT_NE(said.find("AWS profile \"dev\""), std::string::npos) << said;
}

TEST(CredentialsKeeper, KeysAreFetchedAgainBeforeTheirEnd) {
  const Time at = *parse_rfc3339("2026-05-04T10:00:00Z");
  EXPECT_EQ(refresh_at(at, at + 1h), at + 40min);
  EXPECT_EQ(refresh_at(at, at + 10min), at + 5min);
}

}  // namespace
}  // namespace drydock::metadata
