#include "images/credentials/login_secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::images::credentials {
namespace {

TEST(LoginSecrets, HoldAUserAndAPassword) {
  const auto login = login_of_secret(R"({"username":"u","password":"p","more":1})");
  ASSERT_TRUE(login);
  EXPECT_EQ(login->username, "u");
  EXPECT_EQ(login->password, "p");
  for (const char* text :
       {"", "hidden", "[]", R"({"username":"hidden"})", R"({"username":"u","password":5})"}) {
    const auto wrong = login_of_secret(text);
    ASSERT_FALSE(wrong) << text;
    EXPECT_THAT(wrong.error().message, ::testing::Not(::testing::HasSubstr("hidden")));
  }
}

}  // namespace
}  // namespace drydock::images::credentials
