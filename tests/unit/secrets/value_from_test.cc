#include "secrets/value_from.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drydock::secrets {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = ValueFrom::Kind;

constexpr const char* kArn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-AbCdEf";

TEST(ValueFromText, NamesASecretByItsArn) {
  const auto full = parse_value_from(kArn);
  ASSERT_TRUE(full);
  EXPECT_EQ(*full, (ValueFrom{Kind::kSecret, kArn, "eu-west-1", "111122223333", "app/db-AbCdEf",
                              kArn, "", "", ""}));
  const auto partial =
      parse_value_from("arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:db");
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->name, "db");
  EXPECT_EQ(partial->region, "cn-north-1");
}

TEST(ValueFromText, SelectsWithAllThreeColons) {
  const std::string arn = kArn;
  struct {
    const char* tail;
    const char *key, *stage, *version;
  } const cases[] = {
      {":username::", "username", "", ""},
      {"::AWSPREVIOUS:", "", "AWSPREVIOUS", ""},
      {":::9d4cb84b-ad69-40c0-a0ab-cead36b967e8", "", "", "9d4cb84b-ad69-40c0-a0ab-cead36b967e8"},
      {":::", "", "", ""},
      {":user:AWSPENDING:", "user", "AWSPENDING", ""}};
  for (const auto& one : cases) {
    const auto found = parse_value_from(arn + one.tail);
    ASSERT_TRUE(found) << one.tail;
    EXPECT_EQ(found->id, arn);
    EXPECT_EQ(found->json_key, one.key);
    EXPECT_EQ(found->version_stage, one.stage);
    EXPECT_EQ(found->version_id, one.version);
  }
}

TEST(ValueFromText, RefusesOtherNumbersOfFields) {
  for (const char* tail : {":username", ":username:", "::::"}) {
    const auto found = parse_value_from(kArn + std::string(tail));
    ASSERT_FALSE(found) << tail;
    EXPECT_EQ(found.error().message,
              "an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a "
              "valid ARN and try again.");
  }
  EXPECT_FALSE(parse_value_from("arn:aws:secretsmanager:eu-west-1:1:secret"));
  EXPECT_FALSE(parse_value_from("arn:aws:secretsmanager:eu-west-1:1:secret:"));
  EXPECT_FALSE(parse_value_from("arn:aws:secretsmanager::1:secret:x"));
  EXPECT_FALSE(parse_value_from("arn:aws:secretsmanager:eu/west:1:secret:x"));
  const auto both = parse_value_from(kArn + std::string("::AWSCURRENT:v"));
  ASSERT_FALSE(both);
  EXPECT_THAT(both.error().message, HasSubstr("exclude each other"));
}

TEST(ValueFromText, NamesAParameter) {
  for (const char* name : {"password", "/app/prod/password", "db.password", "/a-b_c"}) {
    const auto found = parse_value_from(name);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->kind, Kind::kParameter);
    EXPECT_EQ(found->name, name);
    EXPECT_EQ(found->region, "");
  }
  const auto plain = parse_value_from("arn:aws:ssm:us-west-2:111122223333:parameter/password");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->name, "password");
  EXPECT_EQ(plain->region, "us-west-2");
  const auto path = parse_value_from("arn:aws:ssm:us-west-2:111122223333:parameter/app/password");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->name, "/app/password") << "the ARN of /x/y has one slash";
  for (const char* wrong :
       {"", "arn:aws:ssm:us-west-2:111122223333:parameter/", "arn:aws:ssm:us-west-2:1:document/x",
        "arn:aws:s3:::bucket/key", "arn:", "a\nb"})
    EXPECT_FALSE(parse_value_from(wrong)) << wrong;
}

TEST(ValueFromText, OfRegistryCredentialsIsASecret) {
  EXPECT_EQ(parse_credentials_parameter("registry/login")->kind, Kind::kSecret);
  EXPECT_EQ(parse_credentials_parameter(kArn)->id, kArn);
  EXPECT_FALSE(parse_credentials_parameter("arn:aws:ssm:us-west-2:1:parameter/x"));
}

TEST(SecretNames, LoseTheirSuffixOnly) {
  EXPECT_EQ(without_suffix("app/db-AbCdE1"), "app/db");
  EXPECT_EQ(without_suffix("db-secret"), "db");  // it looks like one: both are tried
  EXPECT_EQ(without_suffix("db-secrets"), "db-secrets");
  EXPECT_EQ(without_suffix("-AbCdEf"), "-AbCdEf");
  EXPECT_EQ(without_suffix(""), "");
}

TEST(JsonKeys, GiveStringsAsTheyAreAndTheRestAsGoPrintsIt) {
  const char* text =
      R"({"s":"x \"y\"","t":true,"n":null,"i":42,"z":0,"m":-999999,"big":1000000,"bigger":12345678,
          "f":1.5,"small":0.00001,"o":{"b":1,"a":[1,"x"]}})";
  const std::pair<const char*, const char*> cases[] = {
      {"s", "x \"y\""}, {"t", "true"},      {"n", "<nil>"},           {"i", "42"},
      {"z", "0"},       {"m", "-999999"},   {"big", "1e+06"},         {"bigger", "1.2345678e+07"},
      {"f", "1.5"},     {"small", "1e-05"}, {"o", "map[a:[1 x] b:1]"}};
  for (const auto& [key, value] : cases) EXPECT_EQ(json_value(text, key).value(), value) << key;
}

TEST(JsonKeys, ThatAreMissingAreNamed) {
  const auto missing = json_value(R"({"a":"hidden"})", "b");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "retrieved secret from Secrets Manager did not contain json key b");
  for (const char* text : {"hidden", "[\"hidden\"]", "{\"a\":\"hidden\""}) {
    const auto wrong = json_value(text, "a");
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message, Not(HasSubstr("hidden")));
  }
}

}  // namespace
}  // namespace drydock::secrets
