#include <gtest/gtest.h>

#include "images/provider.h"

namespace drydock::images {
namespace {

TEST(Aliases, ANameStandsForAnotherHoweverItIsWritten) {
  EXPECT_EQ(apply_aliases({{"web:1", "local/web:2"}}, "docker.io/library/web:1"), "local/web:2");
  EXPECT_EQ(apply_aliases({{"web:1", "local/web:2"}}, "web:2"), "web:2");
  EXPECT_EQ(apply_aliases({}, "web"), "web");
}

TEST(Aliases, ANameWithoutATagStandsForAllItsTags) {
  const std::map<std::string, std::string> aliases = {{"1.dkr.ecr.x.amazonaws.com/web", "web"}};
  EXPECT_EQ(apply_aliases(aliases, "1.dkr.ecr.x.amazonaws.com/web:7"), "web:7");
  EXPECT_EQ(apply_aliases(aliases, "1.dkr.ecr.x.amazonaws.com/web"), "web");
  EXPECT_EQ(apply_aliases(aliases, "1.dkr.ecr.x.amazonaws.com/web2:7"),
            "1.dkr.ecr.x.amazonaws.com/web2:7");
  const std::string pinned = "1.dkr.ecr.x.amazonaws.com/web@sha256:" + std::string(64, 'a');
  EXPECT_EQ(apply_aliases(aliases, pinned), pinned) << "a digest is not another image's";
}

TEST(Aliases, TheLongestStartWins) {
  const std::map<std::string, std::string> aliases = {{"a.example/", "x/"},
                                                      {"a.example/team/", "y/"}};
  EXPECT_EQ(apply_aliases(aliases, "a.example/team/web:1"), "y/web:1");
  EXPECT_EQ(apply_aliases(aliases, "a.example/other/web:1"), "x/other/web:1");
  EXPECT_EQ(apply_aliases(aliases, "a.example.com/web"), "a.example.com/web");
}

TEST(PullPolicies, AreNamedAsOnTheCommandLine) {
  for (const char* const name : {"always", "missing", "never"})
    EXPECT_EQ(pull_policy_name(pull_policy(name).value()), name);
  EXPECT_FALSE(pull_policy("").has_value());
  EXPECT_FALSE(pull_policy("Always").has_value());
}

}  // namespace
}  // namespace drydock::images
