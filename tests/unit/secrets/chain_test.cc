#include "secrets/chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/http/door.h"
#include "secrets/remote.h"

namespace drydock::secrets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Place kHere{"us-east-1", "123456789012"};
constexpr const char* kDb = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf";

Wanted wanted(const std::string& text, const std::string& variable) {
  return {parse_value_from(text).value(), variable};
}

class Chains : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/drydock-chain-XXXXXX";
    folder_ = ::mkdtemp(name);
    vault_ = std::move(Vault::open(folder_ + "/vault").value());
    options_.vault = vault_.get();
    asker_.place = kHere;
  }
  void TearDown() override { (void)remove_tree(folder_); }

  void put_secret(const std::string& name, const std::string& text) {
    ASSERT_TRUE(vault_->change([&](Contents& c) {
      Secret s;
      s.place = kHere;
      s.name = name;
      s.arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + name + "-AbCdEf";
      s.versions = {{"v0", "before", std::nullopt, {"AWSPREVIOUS"}, 1, 0},
                    {"v1", text, std::nullopt, {"AWSCURRENT"}, 1, 0}};
      c.put(std::move(s));
      return true;
    }));
  }
  void bring(const std::string& text) {
    asker_.file = std::make_shared<SecretsFile>(SecretsFile::parse(text).value());
  }
  Result<std::vector<std::string>> ask(const std::vector<Wanted>& list) {
    return Chain(options_).values(asker_, list);
  }

  std::string folder_;
  std::unique_ptr<Vault> vault_;
  ChainOptions options_;
  Asker asker_;
};

TEST_F(Chains, AskTheLocalStoreThenTheFiles) {
  put_secret("db", R"({"user":"u","n":7})");
  bring("db=from the file\nTOKEN=t\n/app/key=k");
  ASSERT_TRUE(write_file_atomic(folder_ + "/f.json", R"({"late": "l", "/app/key": "later"})"));
  options_.files = {folder_ + "/f.json"};
  const auto values = ask({wanted(kDb, "DB"), wanted(kDb + std::string(":user::"), "USER"),
                           wanted(kDb + std::string("::AWSPREVIOUS:"), "OLD"),
                           wanted(kDb + std::string(":::v0"), "OLD"), wanted("/app/key", "KEY"),
                           wanted("token-by-variable", "TOKEN"), wanted("late", "LATE")});
  ASSERT_TRUE(values) << values.error().message;
  EXPECT_THAT(*values,
              ElementsAre(R"({"user":"u","n":7})", "u", "before", "before", "k", "t", "l"));
}

TEST_F(Chains, NameASecretThatNobodyHas) {
  bring("A=hidden");
  const auto values = ask({wanted("/app/key", "A"), wanted(kDb, "DB")});
  ASSERT_FALSE(values);
  EXPECT_THAT(values.error().message,
              HasSubstr("unable to retrieve secret from asm: service call has been retried 1 "
                        "time(s): failed to fetch secret " +
                        std::string(kDb) +
                        " from secrets manager: ResourceNotFoundException: Secrets Manager can't "
                        "find the specified secret. (looked for in the local store, the secrets "
                        "file of this run; drydock secrets set db puts it"));
  EXPECT_THAT(values.error().message, Not(HasSubstr("hidden")));
}

TEST_F(Chains, NameEveryParameterThatNobodyHas) {
  const auto values = ask(
      {wanted("/a", "A"), wanted("/b", "B"), wanted("arn:aws:ssm:eu-west-1:1:parameter/c", "C")});
  ASSERT_FALSE(values);
  EXPECT_THAT(values.error().message,
              HasSubstr("unable to retrieve secrets from ssm: service call has been retried 1 "
                        "time(s): fetching secret data from SSM Parameter Store in us-east-1: "
                        "invalid parameters: /a,/b"));
}

TEST_F(Chains, SayWhatIsWrongWithWhatTheyFound) {
  put_secret("db", "no json, hidden");
  for (const auto& [tail, why] : {std::pair{":user::", "is not a JSON object"},
                                  std::pair{"::AWSPENDING:", "value for staging label: AWSPENDING"},
                                  std::pair{":::v9", "value for VersionId: v9"}}) {
    const auto values = ask({wanted(kDb + std::string(tail), "DB")});
    ASSERT_FALSE(values);
    EXPECT_THAT(values.error().message, HasSubstr(why));
    EXPECT_THAT(values.error().message, Not(HasSubstr("hidden")));
  }
  options_.files = {folder_ + "/absent"};
  EXPECT_THAT(ask({wanted("/a", "A")}).error().message, HasSubstr("/absent"));
  EXPECT_TRUE(ask({wanted(kDb, "DB")})) << "a file is read only when it is needed";
}

TEST_F(Chains, AskAwsForNothingWithoutKeys) {
  bool asked = false;
  options_.aws_keys = [&](const auto&) -> Result<http::AwsKeys> {
    asked = true;
    return http::AwsKeys{};
  };
  const auto values = ask({wanted("/a", "A")});
  EXPECT_TRUE(asked);
  EXPECT_THAT(values.error().message, Not(HasSubstr("AWS,")));
  options_.aws_keys = [](const auto&) -> Result<http::AwsKeys> {
    return fail(Errc::kInvalid, "the profile is broken");
  };
  EXPECT_THAT(ask({wanted("/a", "A")}).error().message, HasSubstr("the profile is broken"));
}

TEST(RemoteAnswers, AreReadStrictly) {
  EXPECT_EQ(read_secret_answer({200, R"({"SecretString":"s"})", "", ""}, "e").text, "s");
  for (const char* body : {"", "[]", R"({"SecretBinary":"AA=="})", R"({"SecretString":1})"})
    EXPECT_THAT(read_secret_answer({200, body, "", ""}, "e").why, HasSubstr("no SecretString"));
  const Told missing = read_secret_answer({400, "", "ResourceNotFoundException", "m"}, "e");
  EXPECT_TRUE(missing.missing);
  const Told denied = read_secret_answer({400, "", "AccessDeniedException", "not yours"}, "e");
  EXPECT_FALSE(denied.missing);
  EXPECT_THAT(denied.why, HasSubstr("AccessDeniedException: not yours"));

  std::map<std::string, Told> told;
  read_parameters_answer(
      {200, R"({"Parameters":[{"Name":"/a","Value":"1"},{"Name":"/b","Selector":":2","Value":"x"},3,
               {"Name":"/other","Value":"o"}],"InvalidParameters":["/c"]})",
       "", ""},
      "e", {"/a", "/b:2", "/c"}, told);
  EXPECT_EQ(told.size(), 3U);
  EXPECT_EQ(told["/a"].text, "1");
  EXPECT_EQ(told["/b:2"].text, "x");
  EXPECT_TRUE(told["/c"].missing);
}

}  // namespace
}  // namespace drydock::secrets
