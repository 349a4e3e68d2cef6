#include "logrouter/filter_pattern.h"

#include <gtest/gtest.h>

namespace drydock::logrouter {
namespace {

bool matches(std::string_view pattern, std::string_view message) {
  const auto parsed = FilterPattern::parse(pattern);
  EXPECT_TRUE(parsed) << pattern << ": " << (parsed ? "" : parsed.error().message);
  return parsed && parsed->matches(message);
}

std::string problem(std::string_view pattern) {
  const auto parsed = FilterPattern::parse(pattern);
  return parsed ? "none" : parsed.error().message;
}

TEST(FilterTerms, AllMustBeThere) {
  EXPECT_TRUE(matches("", "anything"));
  EXPECT_TRUE(matches("ERROR", "[ERROR 400] BAD REQUEST"));
  EXPECT_FALSE(matches("ERROR", "[error 400]"));
  EXPECT_TRUE(matches("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS"));
  EXPECT_FALSE(matches("ERROR ARGUMENTS", "[ERROR 401] UNAUTHORIZED"));
}

TEST(FilterTerms, AQuestionMarkMeansAnyAndAMinusMeansNone) {
  EXPECT_TRUE(matches("?ERROR ?ARGUMENTS", "MISSING ARGUMENTS"));
  EXPECT_FALSE(matches("?ERROR ?ARGUMENTS", "fine"));
  EXPECT_TRUE(matches("ERROR -ARGUMENTS", "ERROR 400"));
  EXPECT_FALSE(matches("ERROR -ARGUMENTS", "ERROR 419 MISSING ARGUMENTS"));
  // Beside other terms it does not count.
  EXPECT_TRUE(matches("?WARN ERROR", "ERROR"));
  EXPECT_FALSE(matches("?WARN ERROR", "WARN"));
}

TEST(FilterTerms, PhrasesAndExpressionsAreQuoted) {
  EXPECT_TRUE(matches("\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL SERVER ERROR"));
  EXPECT_FALSE(matches("\"INTERNAL SERVER ERROR\"", "INTERNAL ERROR SERVER"));
  EXPECT_TRUE(matches(R"("say \"hi\"")", R"(they say "hi")"));
  EXPECT_TRUE(matches("%AUTHORI[SZ]ED$%", "UNAUTHORIZED"));
  EXPECT_FALSE(matches("-%5[0-9]+%", "status 503"));
  EXPECT_EQ(problem("\"open"), "a \" is not closed");
  EXPECT_NE(problem("%(a)%").find("not supported"), std::string::npos);
  EXPECT_NE(problem("%a[%").find("missing ]"), std::string::npos);
}

constexpr std::string_view kMessage = R"({
  "eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "errorCode": 400, "size": 1.5e3,
  "arrayKey": ["value", "another value"], "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
  "SomeObject": null, "ThisFlag": true, "cluster.name": "c", "nested": {"deep": {"x": "y"}}})";

TEST(FilterJson, ComparesTextNumbersAndWords) {
  EXPECT_TRUE(matches(R"({ $.eventType = "UpdateTrail" })", kMessage));
  EXPECT_TRUE(matches("{ $.eventType = Update* }", kMessage));
  EXPECT_FALSE(matches("{ $.eventType != Update* }", kMessage));
  EXPECT_TRUE(matches("{ $.sourceIPAddress != 123.123.* }", kMessage));
  EXPECT_FALSE(matches("{ $.nothing != 1 }", kMessage));
  EXPECT_TRUE(matches("{ $.errorCode = 400 && $.size >= 1500 && $.size < 1e4 }", kMessage));
  EXPECT_TRUE(matches("{ $.errorCode = 4* }", kMessage));
  EXPECT_FALSE(matches("{ $.errorCode > 400 }", kMessage));
  EXPECT_TRUE(matches("{ $.eventType = %Trail$% }", kMessage));
  EXPECT_TRUE(matches("{ $.SomeObject IS NULL && $.ThisFlag IS TRUE }", kMessage));
  EXPECT_FALSE(matches("{ $.ThisFlag IS FALSE }", kMessage));
  EXPECT_TRUE(matches("{ $.SomeOtherObject NOT EXISTS }", kMessage));
}

TEST(FilterJson, SelectorsReachIntoListsAndOddNames) {
  EXPECT_TRUE(matches(R"({ $.arrayKey[0] = "value" })", kMessage));
  EXPECT_FALSE(matches(R"({ $.arrayKey[7] = "value" })", kMessage));
  EXPECT_TRUE(matches("{ $.objectList[1].id = 2 }", kMessage));
  EXPECT_TRUE(matches("{ $.objectList[*].name = b }", kMessage));
  EXPECT_TRUE(matches("{ $.['cluster.name'] = c }", kMessage));
  EXPECT_TRUE(matches("{ $.nested.deep.x = y }", kMessage));
}

TEST(FilterJson, ConditionsNest) {
  EXPECT_TRUE(
      matches(R"({ ($.errorCode = 1 || $.errorCode = 400) && ($.ThisFlag IS TRUE) })", kMessage));
  EXPECT_TRUE(matches("{ $.errorCode = 400 || $.errorCode = 1 && $.errorCode = 2 }", kMessage));
  EXPECT_FALSE(matches("{ $.a = 1 }", "not json"));
  EXPECT_FALSE(matches("{ $.a = 1 }", "{\"a\": 1"));
  EXPECT_NE(problem("{ $.a = }"), "none");
  EXPECT_NE(problem("{ $.a ~ 1 }"), "none");
  EXPECT_NE(problem("{ ($.a = 1 }"), "none");
  EXPECT_NE(problem("{ $.a = 1 } x"), "none");
  EXPECT_NE(problem("{ $.a > x }"), "none");
  EXPECT_NE(problem("{" + std::string(500, '(')), "none");
}

constexpr std::string_view kAccess =
    R"(127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534)";

TEST(FilterFields, AreSeparatedBySpacesOutsideOfQuotesAndBrackets) {
  EXPECT_TRUE(matches("[ip, id, user, time, request, status, size]", kAccess));
  EXPECT_FALSE(matches("[ip, id, user]", kAccess));
  EXPECT_TRUE(matches(
      "[ip=%127\\.0\\.0\\.[1-9]%, id, user, time, request = *.html*, status = 4*, size > 1000]",
      kAccess));
  EXPECT_TRUE(matches("[..., status = 404 || status = 410, size]", kAccess));
  EXPECT_TRUE(matches("[ip, ..., size]", kAccess));
  EXPECT_FALSE(matches("[ip, ..., status = 200, size]", kAccess));
  EXPECT_TRUE(matches("[w1 != ERROR && w1 != WARN, w2]", "INFO hi"));
  EXPECT_TRUE(matches("[, w2 = hi]", "INFO hi"));
  EXPECT_NE(problem("[..., a, ...]"), "none");
  EXPECT_NE(problem("[a"), "none");
}

}  // namespace
}  // namespace drydock::logrouter
