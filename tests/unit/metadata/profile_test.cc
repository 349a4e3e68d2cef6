#include "metadata/profile.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/ids.h"
#include "metadata/aws_profile.h"
#include "metadata/sts_client.h"

namespace drydock::metadata {
namespace {

using namespace std::chrono_literals;

TEST(AwsFiles, ProfilesOfBothFilesAreOne) {
  const auto files = parse_aws_files(
      "[default]\nregion = eu-north-1  # near\n[profile dev]\ncredential_process = /bin/keys --x\n"
      "s3 =\n  aws_access_key_id = nested\n[sso-session corp]\nsso_region=us-east-1\n[dev2]\nx=y\n"
      "broken\n; note\n",
      "[default]\naws_access_key_id=AK\n[dev]\naws_secret_access_key = a=b\n");
  EXPECT_EQ(files.profiles.at("default"),
            (Settings{{"region", "eu-north-1"}, {"aws_access_key_id", "AK"}}));
  EXPECT_EQ(files.profiles.at("dev"), (Settings{{"credential_process", "/bin/keys --x"},
                                                {"s3", ""},
                                                {"aws_secret_access_key", "a=b"}}));
  EXPECT_EQ(files.sso_sessions.at("corp").at("sso_region"), "us-east-1");
  EXPECT_EQ(files.profiles.count("dev2"), 0U);
}

TEST(AwsFiles, ACommandIsSplitAsAShellDoes) {
  EXPECT_EQ(*split_command(R"(/opt/my\ keys "a 'b'" 'c "d\' e)"),
            (std::vector<std::string>{"/opt/my keys", "a 'b'", R"(c "d\)", "e"}));
  EXPECT_FALSE(split_command("  "));
  EXPECT_FALSE(split_command("a 'b"));
}

TEST(AwsFiles, WhatAProcessPrintsIsCheckedAndNeverRepeated) {
  const Time at = *parse_rfc3339("2026-05-04T10:00:00Z");
  const auto keys = parse_process_output(
      R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T","Expiration":"2026-05-04T10:30:00Z"})",
      at);
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(keys->token, "T");
  EXPECT_EQ(keys->expiration, at + 30min);
  EXPECT_EQ(parse_process_output(R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"S"})", at)
                ->expiration,
            at + 1h);
  for (const char* const text : {"secret", R"({"Version":2,"AccessKeyId":"secret"})", "[]",
                                 R"({"Version":1,"AccessKeyId":"secret","SecretAccessKey":""})"}) {
    const auto refused = parse_process_output(text, at);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
  }
}

TEST(StsClient, ReadsKeysOutOfTheAnswer) {
  const auto keys = parse_assumed_role(
      "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>"
      "<SecretAccessKey>s</SecretAccessKey><SessionToken>t==</SessionToken>"
      "<Expiration>2026-05-04T11:00:00Z</Expiration></Credentials></AssumeRoleResult>",
      "arn");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->access_key + keys->secret + keys->token, "ASIA1st==");
  EXPECT_FALSE(parse_assumed_role("<AccessKeyId>ASIA1", "arn"));
  EXPECT_EQ(http::uri_encoded("arn:aws:iam::1:role/a b~"),
            "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b~");
}

class Profiles : public ::testing::Test {
 protected:
  Profiles() {
    std::filesystem::create_directories(home_ + "/.aws/sso/cache");
    owner_.owner.uid = ::geteuid();
    owner_.owner.gid = ::getegid();
    owner_.owner.home = home_;
  }
  ~Profiles() override { std::filesystem::remove_all(home_); }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(home_ + "/" + file) << text;
  }
  Result<ProfileKeys> keys(const std::string& profile) {
    owner_.profile = profile;
    return profile_keys(owner_, {"us-east-1", "", {}, ""});
  }
  std::string refusal(const std::string& profile) {
    const auto found = keys(profile);
    return found ? "" : found.error().message;
  }

  const std::string home_ =
      std::filesystem::temp_directory_path() / ("drydock-profiles-" + random_hex(6));
  ProfileOwner owner_;
};

TEST_F(Profiles, StaticKeysAreSaidToLastAnHour) {
  write(".aws/config", "[profile dev]\nregion = eu-west-3\n");
  write(".aws/credentials", "[dev]\naws_access_key_id = AK\naws_secret_access_key = SK\n");
  const auto found = keys("dev");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->keys.access_key + found->keys.secret + found->region, "AKSKeu-west-3");
  EXPECT_GT(found->keys.expiration, now() + 50min);
}

TEST_F(Profiles, AProcessIsRunAsItsUser) {
  write("keys",
        "#!/bin/sh\necho "
        "'{\"Version\":1,\"AccessKeyId\":\"'$HOME'\",\"SecretAccessKey\":\"'$1'\"}'\n");
  ::chmod((home_ + "/keys").c_str(), 0700);
  write(".aws/config", "[default]\ncredential_process = " + home_ +
                           "/keys 'a b'\n"
                           "[profile bad]\ncredential_process = /bin/false\n");
  const auto found = keys("default");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->keys.access_key, home_);
  EXPECT_EQ(found->keys.secret, "a b");
  EXPECT_NE(refusal("bad").find("credential_process /bin/false ended with exit status 1"),
            std::string::npos)
      << refusal("bad");
}

TEST_F(Profiles, RefusalsNameTheProfileAndWhatToDo) {
  write(".aws/config",
        "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = b\n"
        "[profile b]\nrole_arn = arn:aws:iam::111122223333:role/y\nsource_profile = a\n"
        "[profile mfa]\nrole_arn = r\nmfa_serial = m\n[profile empty]\nregion = us-east-1\n"
        "[profile sso]\nsso_session = corp\n[sso-session corp]\nsso_region = us-east-1\n");
  EXPECT_NE(refusal("none").find("AWS profile \"none\" of user"), std::string::npos);
  EXPECT_NE(refusal("a").find("leads in a circle"), std::string::npos);
  EXPECT_NE(refusal("mfa").find("MFA"), std::string::npos);
  EXPECT_NE(refusal("empty").find("neither keys"), std::string::npos);
  EXPECT_NE(refusal("sso").find("aws sso login"), std::string::npos);
}

}  // namespace
}  // namespace drydock::metadata
