#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "control/instances/expression.h"

namespace drydock::control::instances {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> sample(const std::string& subject) {
  static const std::map<std::string, std::vector<std::string>> all = {
      {"attribute:stack", {"prod"}}, {"attribute:ecs.instance-type", {"t2.micro"}},
      {"attribute:gpu", {""}},  // without a value
      {"agentConnected", {"true"}},  {"agentVersion", {"1.105.1"}},
      {"ec2InstanceId", {"i-0a1b"}}, {"registeredAt", {"2026-03-01T08:15:04.123456789Z"}},
      {"runningTasksCount", {"10"}}, {"task:group", {"family:web", "service:shop"}}};
  const auto at = all.find(subject);
  return at == all.end() ? std::vector<std::string>{} : at->second;
}

bool matches(const std::string& text) {
  const auto expression = Expression::parse(text);
  EXPECT_TRUE(expression) << text << ": " << (expression ? "" : expression.error().message);
  return expression && expression->matches(sample);
}

std::string error(const std::string& text) {
  const auto expression = Expression::parse(text);
  return expression ? "no error" : expression.error().message;
}

TEST(Expression, ComparesAttributes) {
  EXPECT_TRUE(matches("attribute:stack == prod"));
  EXPECT_TRUE(matches("  attribute:stack=='prod'  "));
  EXPECT_TRUE(matches("attribute:stack equals \"prod\""));
  EXPECT_FALSE(matches("attribute:stack == test"));
  EXPECT_TRUE(matches("attribute:stack != test"));
  EXPECT_FALSE(matches("attribute:stack not_equals prod"));
  EXPECT_FALSE(matches("attribute:stack == Prod"));
}

TEST(Expression, AMissingAttributeIsEqualToNothing) {
  EXPECT_FALSE(matches("attribute:none == prod"));
  EXPECT_TRUE(matches("attribute:none != prod"));
  EXPECT_FALSE(matches("attribute:none in [a, b]"));
  EXPECT_TRUE(matches("attribute:none !in [a, b]"));
  EXPECT_FALSE(matches("attribute:none exists"));
  EXPECT_TRUE(matches("attribute:none !exists"));
  EXPECT_TRUE(matches("attribute:none not_exists"));
}

TEST(Expression, AnAttributeExistsWithoutAValue) {
  EXPECT_TRUE(matches("attribute:gpu exists"));
  EXPECT_FALSE(matches("attribute:gpu not_exists"));
  EXPECT_FALSE(matches("attribute:gpu == yes"));
}

TEST(Expression, ListsAndPatterns) {
  EXPECT_TRUE(matches("attribute:ecs.instance-type in [t2.small, t2.micro]"));
  EXPECT_TRUE(matches("attribute:ecs.instance-type in ['t2.micro']"));
  EXPECT_FALSE(matches("attribute:ecs.instance-type not_in [t2.small, t2.micro]"));
  EXPECT_TRUE(matches("attribute:ecs.instance-type =~ t2.*"));
  EXPECT_TRUE(matches("attribute:ecs.instance-type matches t(2|3)[.].*"));
  EXPECT_TRUE(matches("(attribute:ecs.instance-type =~ t(2|3).*)"));
  EXPECT_FALSE(matches("attribute:ecs.instance-type =~ t2"));  // all of it
  EXPECT_TRUE(matches("attribute:ecs.instance-type !~ m5.*"));
  EXPECT_FALSE(matches("attribute:ecs.instance-type not_matches '[t].+'"));
}

TEST(Expression, NumbersVersionsAndTimesHaveTheirOwnOrder) {
  EXPECT_TRUE(matches("runningTasksCount > 9"));
  EXPECT_TRUE(matches("runningTasksCount greater_than_equal 10"));
  EXPECT_FALSE(matches("runningTasksCount < 10"));
  EXPECT_TRUE(matches("agentVersion > 1.9"));
  EXPECT_TRUE(matches("agentVersion less_than 1.106"));
  EXPECT_TRUE(matches("registeredAt >= 2026-03-01"));
  EXPECT_TRUE(matches("registeredAt < 2026-03-01T09:15:05+01:00"));
  EXPECT_TRUE(matches("registeredAt > 2026-03-01T08:15:04"));
  EXPECT_FALSE(matches("registeredAt > 2026-03-02"));
}

TEST(Expression, GroupsAreMany) {
  EXPECT_TRUE(matches("task:group == service:shop"));
  EXPECT_TRUE(matches("task:group == family:web"));
  EXPECT_FALSE(matches("task:group != family:web"));
  EXPECT_FALSE(matches("task:group == database"));
}

TEST(Expression, AndBindsBeforeOr) {
  EXPECT_TRUE(matches("agentConnected == true or attribute:a == b and attribute:c == d"));
  EXPECT_FALSE(matches("(agentConnected == true or attribute:a == b) and attribute:c == d"));
  EXPECT_TRUE(
      matches("agentConnected == true && !(attribute:stack == test || attribute:x exists)"));
  EXPECT_TRUE(matches("not attribute:stack == test"));
  EXPECT_TRUE(matches("not(task:group == database)"));
  EXPECT_TRUE(matches("not not ec2InstanceId in ['i-0a1b', 'i-2']"));
}

TEST(Expression, ErrorsSayWhereAndWhy) {
  EXPECT_EQ(error(""), "a subject like attribute:NAME is missing, at character 1");
  EXPECT_EQ(error("color == red"), "there is no subject color, at character 1");
  EXPECT_EQ(error("attribute:a"), "an operator like == is missing, at character 12");
  EXPECT_EQ(error("attribute:a =="), "a value is missing, at character 15");
  EXPECT_EQ(error("attribute:a == b c"), "what follows is no operator, at character 18");
  EXPECT_EQ(error("attribute:a == 'b"), "a closing quote is missing, at character 16");
  EXPECT_EQ(error("attribute:a in b"), "a list like [a, b] is missing, at character 16");
  EXPECT_EQ(error("attribute:a in [b"), "a ] is missing, at character 18");
  EXPECT_EQ(error("(attribute:a exists"), "a ) is missing, at character 20");
  EXPECT_THAT(error("attribute:a =~ ["), HasSubstr("the regular expression is invalid"));
  EXPECT_EQ(error("attribute:a == b and"),
            "a subject like attribute:NAME is missing, at character 21");
  EXPECT_THAT(error(std::string(200, '(')), HasSubstr("nested too deeply"));
  EXPECT_THAT(error(std::string(200, '!')), HasSubstr("nested too deeply"));
  EXPECT_EQ(error(std::string(2001, ' ')), "it has more than 2000 characters");
}

TEST(Expression, ValuesCompare) {
  EXPECT_EQ(compare_values("1.2.3", "1.2.3"), 0);
  EXPECT_LT(compare_values("1.9", "1.10"), 0);
  EXPECT_GT(compare_values("b", "a"), 0);
  EXPECT_LT(compare_values("9", "10"), 0);
  EXPECT_GT(compare_values("9x", "10"), 0);  // a text
  EXPECT_EQ(compare_values("2026-03-01", "2026-03-01T00:00:00Z"), 0);
  EXPECT_NE(compare_values("", "0"), 0);
}

}  // namespace
}  // namespace drydock::control::instances
