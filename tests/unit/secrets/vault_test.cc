#include "secrets/vault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "secrets/find.h"

namespace drydock::secrets {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Place kHere{"us-east-1", "123456789012"};
const Place kThere{"eu-west-1", "123456789012"};

Secret secret(const std::string& name, const std::string& text, const Place& place = kHere) {
  Secret s;
  s.place = place;
  s.name = name;
  s.arn = "arn:aws:secretsmanager:" + place.region + ":" + place.account + ":secret:" + name +
          "-AbCdEf";
  s.tags = {{"z", "1"}, {"a", "2"}};
  s.versions = {{"v1", text, std::nullopt, {"AWSCURRENT"}, 5, 0}};
  s.created = s.changed = 5;
  return s;
}

Parameter parameter(const std::string& name, const std::string& value) {
  Parameter p;
  p.place = kHere;
  p.name = name;
  p.versions.resize(2);
  p.versions[0].value = "old";
  p.versions[0].labels = {"first"};
  p.versions[1].number = 2;
  p.versions[1].value = value;
  return p;
}

class Vaults : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/drydock-vault-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  void TearDown() override { (void)remove_tree(folder_); }

  std::unique_ptr<Vault> open() { return std::move(Vault::open(folder_).value()); }
  static void put(Vault& vault, Secret s) {
    ASSERT_TRUE(vault.change([&](Contents& c) {
      c.put(std::move(s));
      return true;
    }));
  }
  static SecretPtr get(Vault& vault, const Place& place, const std::string& name) {
    return vault.read([&](const Contents& c) { return c.secret(place, name); });
  }

  std::string folder_;
};

TEST_F(Vaults, KeepWhatWasPutWithoutItsClearText) {
  {
    auto vault = open();
    put(*vault, secret("app/db", "very-hidden"));
    put(*vault, secret("app/db", "elsewhere", kThere));
    ASSERT_TRUE(vault->change([](Contents& c) {
      c.put(parameter("/app/key", "hidden-too"));
      return true;
    }));
    ASSERT_TRUE(vault->hold("task", "held-and-hidden"));
  }
  for (const char* part : {"/documents", "/tasks"})
    for (const std::string& name : list_dir(folder_ + part)) {
      const std::string text = read_file(folder_ + part + "/" + name).value();
      EXPECT_THAT(text, Not(HasSubstr("hidden")));
      EXPECT_THAT(text, Not(HasSubstr("app/")));
      struct stat st {};
      ASSERT_EQ(::stat((folder_ + part + "/" + name).c_str(), &st), 0);
      EXPECT_EQ(st.st_mode & 0777, 0600U);
    }
  struct stat st {};
  ASSERT_EQ(::stat((folder_ + "/key").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600U);
  EXPECT_EQ(st.st_size, 32);
  auto vault = open();
  EXPECT_EQ(*get(*vault, kHere, "app/db"), secret("app/db", "very-hidden"));
  EXPECT_EQ(get(*vault, kThere, "app/db")->versions[0].text, "elsewhere");
  EXPECT_FALSE(get(*vault, {"us-east-1", "999999999999"}, "app/db"));
  EXPECT_EQ(*vault->read([](const Contents& c) { return c.parameter(kHere, "/app/key"); }),
            parameter("/app/key", "hidden-too"));
  EXPECT_EQ(vault->held("task"), "held-and-hidden");
  vault->release_all_but({});
  EXPECT_FALSE(vault->held("task"));
}

TEST_F(Vaults, TakeBackWhatIsNotWanted) {
  auto vault = open();
  put(*vault, secret("a", "1"));
  ASSERT_TRUE(vault->change([](Contents& c) {
    c.put(secret("b", "2"));
    c.drop(*c.secret(kHere, "a"));
    c.put(secret("a", "3"));
    return false;
  }));
  EXPECT_EQ(get(*vault, kHere, "a")->versions[0].text, "1");
  EXPECT_FALSE(get(*vault, kHere, "b"));
}

TEST_F(Vaults, TakeBackWhatTheDiskRefuses) {
  auto vault = open();
  put(*vault, secret("a", "1"));
  ASSERT_TRUE(remove_tree(folder_ + "/documents"));
  EXPECT_FALSE(vault->change([](Contents& c) {
    c.put(secret("a", "2"));
    return true;
  }));
  EXPECT_EQ(get(*vault, kHere, "a")->versions[0].text, "1");
}

TEST_F(Vaults, ForgetEverythingWhenAsked) {
  auto vault = open();
  put(*vault, secret("a", "1"));
  ASSERT_TRUE(vault->hold("task", "x"));
  ASSERT_TRUE(vault->clear());
  EXPECT_FALSE(get(*open(), kHere, "a"));
  EXPECT_FALSE(vault->held("task"));
  EXPECT_TRUE(list_dir(folder_ + "/documents").empty());
}

TEST_F(Vaults, DropWhatShouldHaveVanished) {
  auto vault = open();
  Secret gone = secret("gone", "1");
  gone.deleted = 1;
  gone.purged = 2;
  put(*vault, gone);
  EXPECT_FALSE(get(*open(), kHere, "gone"));
  EXPECT_TRUE(list_dir(folder_ + "/documents").empty());
}

TEST_F(Vaults, SayWhatToDoWhenTheyCannotBeRead) {
  put(*open(), secret("a", "1"));
  const std::string key = read_file(folder_ + "/key").value();
  ASSERT_TRUE(write_file_atomic(folder_ + "/key", std::string(32, 'k'), 0600));
  auto other = Vault::open(folder_);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("another key"));
  ASSERT_TRUE(remove_tree(folder_ + "/key"));
  auto without = Vault::open(folder_);
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().message, HasSubstr("its key is gone"));
  EXPECT_FALSE(exists(folder_ + "/key")) << "a new key would hide the loss";
  ASSERT_TRUE(write_file_atomic(folder_ + "/key", key, 0600));
  const std::string file = folder_ + "/documents/" + list_dir(folder_ + "/documents").front();
  // A file under another's name is not that other document.
  ASSERT_EQ(::rename(file.c_str(), (folder_ + "/documents/x.secret").c_str()), 0);
  EXPECT_FALSE(Vault::open(folder_));
  ASSERT_EQ(::rename((folder_ + "/documents/x.secret").c_str(), file.c_str()), 0);
  ASSERT_TRUE(write_file_atomic(file + ".Ab12Cd", "half", 0600));
  EXPECT_TRUE(Vault::open(folder_)) << "what was never named is removed";
  EXPECT_EQ(list_dir(folder_ + "/documents").size(), 1U);
}

TEST_F(Vaults, FindSecretsByNameAndArn) {
  auto vault = open();
  put(*vault, secret("app/db", "1"));
  vault->read([](const Contents& c) {
    const std::string arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db";
    EXPECT_TRUE(find_secret(c, kHere, "app/db", 10));
    // Another account may name it by its ARN, another region may not.
    const Place other{"us-east-1", "111122223333"};
    EXPECT_TRUE(find_secret(c, other, arn + "-AbCdEf", 10));
    EXPECT_TRUE(find_secret(c, other, arn, 10));
    EXPECT_FALSE(find_secret(c, kThere, arn + "-AbCdEf", 10));
    EXPECT_FALSE(find_secret(c, kHere, arn + "-AbCdEg", 10));
    EXPECT_FALSE(find_secret(c, kHere, "app/db-AbCdEf", 10));
    EXPECT_FALSE(find_secret(c, kThere, "app/db", 10));
    // A task finds it by its name alone.
    const Place task = kHere;
    for (const char* text : {"arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-Zzzzz9",
                             "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-Zzzzz9",
                             "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db:k::"})
      EXPECT_TRUE(find_task_secret(c, task, parse_value_from(text).value())) << text;
    EXPECT_FALSE(find_task_secret(
        c, kThere, parse_value_from("arn:aws:secretsmanager:eu-west-1:1:secret:app/db").value()));
    return true;
  });
}

TEST_F(Vaults, FindParametersByNameArnAndVersion) {
  auto vault = open();
  ASSERT_TRUE(vault->change([](Contents& c) {
    c.put(parameter("/app/key", "new"));
    c.put(parameter("plain", "p"));
    return true;
  }));
  const auto id = parse_parameter_id(kThere, "arn:aws:ssm:us-east-1:1:parameter/app/key:2");
  EXPECT_EQ(id.name, "/app/key");
  EXPECT_EQ(id.selector, "2");
  EXPECT_EQ(id.place, (Place{"us-east-1", "1"}));
  EXPECT_EQ(parse_parameter_id(kHere, "arn:aws:ssm:us-east-1:1:parameter/plain").name, "plain");
  vault->read([](const Contents& c) {
    for (const char* text : {"/app/key", "arn:aws:ssm:us-east-1:123456789012:parameter/app/key",
                             "arn:aws:ssm:eu-west-1:111122223333:parameter/plain", "plain"})
      EXPECT_TRUE(find_task_parameter(c, kHere, parse_value_from(text).value())) << text;
    EXPECT_FALSE(find_task_parameter(c, kHere, parse_value_from("/plain").value()));
    const auto found = c.parameter(kHere, "/app/key");
    EXPECT_EQ(found->selected("1")->value, "old");
    EXPECT_EQ(found->selected("first")->value, "old");
    EXPECT_EQ(found->selected("2")->value, "new");
    EXPECT_FALSE(found->selected("3"));
    EXPECT_EQ(found->arn(), "arn:aws:ssm:us-east-1:123456789012:parameter/app/key");
    return true;
  });
}

}  // namespace
}  // namespace drydock::secrets
