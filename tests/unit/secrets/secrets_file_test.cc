#include "secrets/secrets_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::secrets {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Entries = std::map<std::string, std::string>;

Entries entries(std::string_view text) { return SecretsFile::parse(text).value().entries(); }

TEST(SecretsFiles, AreLinesOfNamesAndValues) {
  EXPECT_EQ(
      entries(
          "# mine\n\nA=1\r\n export B = two words  # said\nC='a # \\n b'\nD=\"x\\n\\\"y\\\"\" # e\n"
          "/app/key=a=b\nE=\narn:aws:ssm:r:1:parameter/x=v"),
      (Entries{{"A", "1"},
               {"B", "two words"},
               {"C", "a # \\n b"},
               {"D", "x\n\"y\""},
               {"/app/key", "a=b"},
               {"E", ""},
               {"arn:aws:ssm:r:1:parameter/x", "v"}}));
  EXPECT_EQ(entries("KEY=\"-----BEGIN\nline\n-----END\"\nNEXT=1"),
            (Entries{{"KEY", "-----BEGIN\nline\n-----END"}, {"NEXT", "1"}}));
  EXPECT_EQ(entries(""), Entries{});
  EXPECT_EQ(entries("A=1\nA=2"), (Entries{{"A", "2"}}));
}

TEST(SecretsFiles, AreJson) {
  EXPECT_EQ(
      entries("\n {\"db\": {\"user\": \"u\", \"n\": 1}, \"t\": \"x\", \"port\": 5432000, \"on\": "
              "true}"),
      (Entries{
          {"db", "{\"user\":\"u\",\"n\":1}"}, {"t", "x"}, {"port", "5432000"}, {"on", "true"}}));
}

TEST(SecretsFiles, AreRefusedWithTheLineAndWithoutItsText) {
  const std::pair<const char*, const char*> cases[] = {
      {"A=1\nhidden\n", "line 2 has no ="},
      {"=hidden", "line 1 has no name before its ="},
      {"A=1\nB=\"hidden\nmore", "line 2 opens a quote that is never closed"},
      {"A='hidden' more", "line 1 goes on after the closing quote"},
      {"A B=hidden", "line 1 has blanks or quotes in its name"},
      {"{\"a\": \"hidden\"", "it begins as JSON and is none"}};
  for (const auto& [text, why] : cases) {
    const auto file = SecretsFile::parse(text);
    ASSERT_FALSE(file) << text;
    EXPECT_THAT(file.error().message, HasSubstr(why));
    EXPECT_THAT(file.error().message, Not(HasSubstr("hidden")));
  }
  EXPECT_FALSE(SecretsFile::parse(std::string_view("A=\0", 3)));
}

TEST(SecretsFiles, AreSearchedFromTheExactNameToTheVariable) {
  const std::string arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-AbCdEf";
  const auto key = parse_value_from(arn + ":user::").value();
  auto file = SecretsFile::parse("USER=u").value();
  EXPECT_EQ(file.find(key, "USER")->text, "u");
  EXPECT_TRUE(file.find(key, "USER")->by_variable);
  EXPECT_FALSE(file.find(key, "OTHER"));
  EXPECT_FALSE(file.find(key, ""));
  file = SecretsFile::parse(R"({"USER": "u", "app/db": {"user": "x"}})").value();
  EXPECT_EQ(file.find(key, "USER")->text, R"({"user":"x"})");
  EXPECT_FALSE(file.find(key, "USER")->by_variable);
  file = SecretsFile::parse("{\"app/db\": \"n\", \"" + arn + "\": \"a\"}").value();
  EXPECT_EQ(file.find(key, "USER")->text, "a");
  file = SecretsFile::parse("{\"" + arn + "\": \"a\", \"" + arn + ":user::\": \"k\"}").value();
  EXPECT_EQ(file.find(key, "USER")->text, "k");
  EXPECT_TRUE(file.find(key, "USER")->by_variable) << "what the selectors select";
  const auto parameter = parse_value_from("arn:aws:ssm:eu-west-1:1:parameter/a/b").value();
  EXPECT_EQ(SecretsFile::parse("/a/b=1")->find(parameter, "")->text, "1");
}

}  // namespace
}  // namespace drydock::secrets
