#include "images/credentials/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "images/credentials/as_owner.h"

namespace drydock::images::credentials {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr unsigned kUser = 4242;

// A home of a user who is not root, with a folder of programs.
class OwnerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/drydock-owner-XXXXXX";
    dir_ = ::mkdtemp(name);
    ::chmod(dir_.c_str(), 0755);
    for (const char* folder :
         {"/home", "/home/.docker", "/home/.config", "/run", "/run/containers", "/bin"})
      std::filesystem::create_directories(dir_ + folder);
    owner_ = {kUser, kUser, dir_ + "/home", "", dir_ + "/run", dir_ + "/bin:/usr/bin:/bin"};
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  void put(const std::string& path, const std::string& text, unsigned uid = kUser,
           mode_t mode = 0600) {
    ASSERT_TRUE(write_file_atomic(dir_ + path, text, mode));
    ASSERT_EQ(::chown((dir_ + path).c_str(), uid, uid), 0);
  }
  void helper(const std::string& name, const std::string& script) {
    put("/bin/docker-credential-" + name, "#!/bin/sh\n" + script + "\n", 0, 0755);
  }

  std::string dir_;
  Owner owner_;
};

TEST_F(OwnerTest, NoFilesMeanNoCredentials) {
  const auto found = for_registry(owner_, "docker.io");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->empty());
}

TEST_F(OwnerTest, DockersFileComesBeforePodmans) {
  put("/home/.docker/config.json", R"({"auths":{"a.example":{"auth":"ZG9ja2VyOnA="}}})");
  put("/run/containers/auth.json",
      R"({"auths":{"a.example":{"auth":"cG9kbWFuOnA="},"b.example/team":{"auth":"cG9kbWFuOnA="}}})");
  EXPECT_EQ(for_registry(owner_, "a.example")->username, "docker");
  EXPECT_EQ(for_registry(owner_, "b.example", "team/app")->username, "podman");
  EXPECT_TRUE(for_registry(owner_, "b.example", "other/app")->empty());
}

TEST_F(OwnerTest, ALinkToAnothersSecretGivesNothing) {
  put("/secret.json", R"({"auths":{"a.example":{"auth":"cm9vdDpw"}}})", 0, 0640);
  std::filesystem::create_symlink(dir_ + "/secret.json", dir_ + "/home/.docker/config.json");
  const auto unreadable = for_registry(owner_, "a.example");
  ASSERT_FALSE(unreadable);
  EXPECT_THAT(unreadable.error().message, HasSubstr("config.json"));
  put("/secret.json", R"({"auths":{"a.example":{"auth":"cm9vdDpw"}}})", kUser + 1, 0644);
  const auto foreign = for_registry(owner_, "a.example");
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, Errc::kDenied);
}

TEST_F(OwnerTest, AHelperRunsAsTheUserWithTheUsersHome) {
  helper("mine", R"(read server; echo "$server $(id -u) $(id -G) $HOME" >"$HOME/asked";
echo '{"ServerURL":"x","Username":"<token>","Secret":"s"}')");
  ASSERT_EQ(::chown((dir_ + "/home").c_str(), kUser, kUser), 0);
  put("/home/.docker/config.json", R"({"credHelpers":{"docker.io":"mine"}})");
  const auto found = for_registry(owner_, "docker.io");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->identity_token, "s");
  EXPECT_EQ(read_file(dir_ + "/home/asked").value_or(""),
            "https://index.docker.io/v1/ 4242 4242 " + dir_ + "/home\n");
}

TEST_F(OwnerTest, AStoreWithoutTheRegistryIsAnonymous) {
  helper("empty", "echo 'credentials not found in native keychain'; exit 1");
  put("/home/.docker/config.json", R"({"credsStore":"empty"})");
  const auto found = for_registry(owner_, "a.example");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->empty());
}

TEST_F(OwnerTest, ABrokenHelperIsNamedWithoutASecret) {
  put("/home/.docker/config.json", R"({"credsStore":"bad"})");
  const auto absent = for_registry(owner_, "a.example");
  ASSERT_FALSE(absent);
  EXPECT_THAT(absent.error().message, HasSubstr("docker-credential-bad"));
  helper("bad", R"(echo '{"Secret":"hidden"'; exit 3)");
  const auto broken = for_registry(owner_, "a.example");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, Not(HasSubstr("hidden")));
  helper("bad", "echo locked >&2; echo the key ring is locked; exit 1");
  EXPECT_THAT(for_registry(owner_, "a.example").error().message,
              HasSubstr("the key ring is locked"));
}

TEST_F(OwnerTest, AHelperThatHangsIsEnded) {
  helper("slow", "exec sleep 600");
  const auto found = ask_helper(owner_, "slow", "x", std::chrono::milliseconds(200));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::kTimeout) << found.error().message;
}

}  // namespace
}  // namespace drydock::images::credentials
