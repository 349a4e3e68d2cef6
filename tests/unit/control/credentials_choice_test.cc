#include "control/credentials_choice.h"

#include <gtest/gtest.h>

namespace drydock::control {
namespace {

TEST(CredentialsChoice, TheRunIsAskedBeforeTheRoleAndTheRoleBeforeTheRest) {
  const std::string arn = "arn:aws:iam::111122223333:role/team/pilot";
  const CredentialsRules rules{"assume", {{"pilot", "none"}, {arn, "profile:dev"}}};
  EXPECT_EQ(credentials_mode(rules, arn, "fake"), "fake");
  EXPECT_EQ(credentials_mode(rules, arn, ""), "profile:dev");
  EXPECT_EQ(credentials_mode(rules, "arn:aws:iam::444455556666:role/pilot", ""), "none");
  EXPECT_EQ(credentials_mode(rules, "arn:aws:iam::444455556666:role/other", ""), "assume");
  EXPECT_EQ(CredentialsRules{}.mode, "fake");
}

TEST(CredentialsChoice, AModeIsAWordAndPerhapsAProfile) {
  for (const char* const good : {"fake", "none", "profile", "assume", "profile:a b", "assume:x"})
    EXPECT_TRUE(is_credentials_mode(good)) << good;
  for (const char* const bad : {"", "Fake", "profile:", "none:x", "fake:x", "profile:a\nb"})
    EXPECT_FALSE(is_credentials_mode(bad)) << bad;
}

}  // namespace
}  // namespace drydock::control
