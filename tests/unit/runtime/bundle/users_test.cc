#include "runtime/bundle/users.h"

#include <gtest/gtest.h>

namespace drydock::runtime {
namespace {

constexpr const char* kPasswd =
    "# comment\nroot:x:0:0:root:/root:/bin/sh\nbroken\nweb:x:101:102:Web:/srv/web:/bin/false\n"
    "seven:x:7:7::nohome:/bin/sh\nhuge:x:99999999999:1::/:/bin/sh\n";
constexpr const char* kGroup =
    "root:x:0:\nweb:x:102:\nextra:x:300:web,other\nmore:x:301:other,web\nodd:x:zz:web\n";

ContainerUser user(const char* text) { return user_of(text, kPasswd, kGroup).value(); }
std::string error(const char* text) { return user_of(text, kPasswd, kGroup).error().message; }

TEST(Users, EmptyMeansRootWithItsHome) {
  EXPECT_EQ(user(""), (ContainerUser{0, 0, {0}, "/root"}));
  EXPECT_EQ(*user_of("", "", ""), (ContainerUser{0, 0, {0}, "/"}));
}

TEST(Users, NamesBringTheirGroupsAndHome) {
  EXPECT_EQ(user("web"), (ContainerUser{101, 102, {102, 300, 301}, "/srv/web"}));
  EXPECT_EQ(user("101"), user("web"));
}

TEST(Users, AnExplicitGroupReplacesAllOthers) {
  EXPECT_EQ(user("web:extra"), (ContainerUser{101, 300, {300}, "/srv/web"}));
  EXPECT_EQ(user("101:5"), (ContainerUser{101, 5, {5}, "/srv/web"}));
  EXPECT_EQ(user("web:5"), user("101:5"));
  EXPECT_EQ(user(":5"), (ContainerUser{0, 5, {5}, "/root"}));
}

TEST(Users, AnUnknownNumberIsAllowedWithGroupZero) {
  EXPECT_EQ(user("4711"), (ContainerUser{4711, 0, {0}, "/"}));
  EXPECT_EQ(user("4711:4712"), (ContainerUser{4711, 4712, {4712}, "/"}));
}

TEST(Users, AHomeThatIsNoPathIsIgnored) { EXPECT_EQ(user("seven").home, "/"); }

TEST(Users, ErrorsAreDockers) {
  EXPECT_EQ(error("nobody"), "unable to find user nobody: no matching entries in passwd file");
  EXPECT_EQ(error("web:nogroup"),
            "unable to find group nogroup: no matching entries in group file");
  EXPECT_EQ(error("2147483648"), "uids and gids must be in range 0-2147483647");
  EXPECT_EQ(error("0:-1"), "uids and gids must be in range 0-2147483647");
  EXPECT_EQ(error("huge"), "unable to find user huge: no matching entries in passwd file");
}

TEST(Users, StrangeFilesAreSurvived) {
  const std::string many(100000, ':');
  EXPECT_TRUE(user_of("5", many + "\n" + many, many));
  EXPECT_TRUE(user_of("5", std::string("a\0b:c\n", 6), "\n\n:::\n"));
  std::string groups;
  for (int i = 0; i < 5000; ++i)
    groups += "g" + std::to_string(i) + ":x:" + std::to_string(i) + ":web\n";
  EXPECT_LE(user_of("web", kPasswd, groups)->additional_gids.size(), 1025u);
}

}  // namespace
}  // namespace drydock::runtime
