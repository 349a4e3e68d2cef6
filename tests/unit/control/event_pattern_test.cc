#include "control/events/rules/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drydock::control::events {
namespace {

using ::testing::HasSubstr;

const Json kEvent = Json::parse(R"({
  "source": "aws.ecs", "detail-type": "ECS Task State Change", "resources": ["arn:a", "arn:b"],
  "detail": {"lastStatus": "STOPPED", "version": 5, "ratio": 0.5, "ip": "10.0.1.7", "none": null, "flag": true,
             "containers": [{"name": "app", "exitCode": 1}, {"name": "log", "exitCode": 0}]}})");

bool matches(const std::string& pattern) {
  const auto parsed = EventPattern::parse(pattern);
  if (!parsed) {
    ADD_FAILURE() << pattern << ": " << parsed.error().message;
    return false;
  }
  return parsed->matches(kEvent);
}

bool detail(const std::string& field) { return matches(R"({"detail": {)" + field + "}}"); }

std::string refusal(const std::string& pattern) {
  const auto parsed = EventPattern::parse(pattern);
  return parsed ? "valid" : parsed.error().message;
}

TEST(EventPattern, EachFieldMustFitAndOneOfItsValuesIsEnough) {
  EXPECT_TRUE(matches(R"({"source": ["aws.ec2", "aws.ecs"]})"));
  EXPECT_FALSE(matches(R"({"source": ["aws.ec2"]})"));
  EXPECT_TRUE(matches(R"({"source": ["aws.ecs"], "detail": {"lastStatus": ["STOPPED"]}})"));
  EXPECT_FALSE(matches(R"({"source": ["aws.ecs"], "detail": {"lastStatus": ["RUNNING"]}})"));
  EXPECT_FALSE(matches(R"({"source": {"nested": ["aws.ecs"]}})"));
  EXPECT_FALSE(matches(R"({"detail": ["x"]})"));
}

TEST(EventPattern, ValuesAreComparedWithTheirTypes) {
  EXPECT_TRUE(detail(R"("version": [5])"));
  EXPECT_FALSE(detail(R"("version": ["5"])"));
  EXPECT_FALSE(detail(R"("version": [5.0])"));
  EXPECT_TRUE(detail(R"("none": [null], "flag": [true])"));
  EXPECT_FALSE(detail(R"("absent": [null])"));
}

TEST(EventPattern, ListsOfTheEventFitByAnyOfTheirValues) {
  EXPECT_TRUE(matches(R"({"resources": ["arn:b"]})"));
  EXPECT_TRUE(matches(R"({"resources": [{"prefix": "arn:"}]})"));
  EXPECT_TRUE(detail(R"("containers": {"name": ["log"]})"));
  // Of one and the same object.
  EXPECT_TRUE(detail(R"("containers": {"name": ["app"], "exitCode": [1]})"));
  EXPECT_FALSE(detail(R"("containers": {"name": ["log"], "exitCode": [1]})"));
}

TEST(EventPattern, TextsFitByTheirBeginEndOrWildcards) {
  EXPECT_TRUE(detail(R"("lastStatus": [{"prefix": "STOP"}])"));
  EXPECT_FALSE(detail(R"("lastStatus": [{"prefix": "stop"}])"));
  EXPECT_TRUE(detail(R"("lastStatus": [{"prefix": {"equals-ignore-case": "stop"}}])"));
  EXPECT_TRUE(detail(R"("lastStatus": [{"suffix": "PED"}])"));
  EXPECT_TRUE(detail(R"("lastStatus": [{"suffix": {"equals-ignore-case": "ped"}}])"));
  EXPECT_TRUE(detail(R"("lastStatus": [{"equals-ignore-case": "Stopped"}])"));
  EXPECT_FALSE(detail(R"("version": [{"prefix": "5"}])"));
  for (const char* fits : {"*", "S*", "*D", "S*P*D", "STOPPED", "**PP**"})
    EXPECT_TRUE(detail(R"("lastStatus": [{"wildcard": ")" + std::string(fits) + "\"}]")) << fits;
  for (const char* not_so : {"", "s*", "S*X", "STOPPE", "*PPX*", "S\\\\*"})
    EXPECT_FALSE(detail(R"("lastStatus": [{"wildcard": ")" + std::string(not_so) + "\"}]"))
        << not_so;
}

TEST(EventPattern, AnythingButNeedsTheField) {
  EXPECT_TRUE(detail(R"("lastStatus": [{"anything-but": "RUNNING"}])"));
  EXPECT_FALSE(detail(R"("lastStatus": [{"anything-but": ["RUNNING", "STOPPED"]}])"));
  EXPECT_TRUE(detail(R"("version": [{"anything-but": [1, 2]}])"));
  EXPECT_FALSE(detail(R"("lastStatus": [{"anything-but": {"prefix": "STOP"}}])"));
  EXPECT_FALSE(detail(R"("lastStatus": [{"anything-but": {"suffix": ["X", "PED"]}}])"));
  EXPECT_TRUE(detail(R"("lastStatus": [{"anything-but": {"wildcard": "R*"}}])"));
  EXPECT_FALSE(detail(R"("absent": [{"anything-but": "x"}])"));
}

TEST(EventPattern, NumbersHaveRanges) {
  EXPECT_TRUE(detail(R"("version": [{"numeric": [">", 4, "<=", 5]}])"));
  EXPECT_FALSE(detail(R"("version": [{"numeric": [">", 5]}])"));
  EXPECT_TRUE(detail(R"("version": [{"numeric": ["=", 5.0]}])"));
  EXPECT_TRUE(detail(R"("ratio": [{"numeric": [">=", 0.5]}])"));
  EXPECT_FALSE(detail(R"("lastStatus": [{"numeric": [">", 0]}])"));
}

TEST(EventPattern, ExistsLooksAtLeavesOnly) {
  EXPECT_TRUE(detail(R"("lastStatus": [{"exists": true}], "absent": [{"exists": false}])"));
  EXPECT_FALSE(detail(R"("absent": [{"exists": true}])"));
  EXPECT_FALSE(matches(R"({"detail": [{"exists": true}]})"));
  EXPECT_TRUE(matches(R"({"nothing": {"at": {"all": [{"exists": false}]}}})"));
}

TEST(EventPattern, AddressesHaveRanges) {
  EXPECT_TRUE(detail(R"("ip": [{"cidr": "10.0.0.0/23"}])"));
  EXPECT_FALSE(detail(R"("ip": [{"cidr": "10.0.0.0/24"}])"));
  EXPECT_TRUE(detail(R"("ip": [{"cidr": "0.0.0.0/0"}])"));
  EXPECT_FALSE(detail(R"("ip": [{"cidr": "::/0"}])"));
  EXPECT_FALSE(detail(R"("lastStatus": [{"cidr": "10.0.0.0/8"}])"));
}

TEST(EventPattern, OrTakesOneOfSeveral) {
  EXPECT_TRUE(detail(R"("$or": [{"lastStatus": ["RUNNING"]}, {"version": [5]}])"));
  EXPECT_FALSE(detail(R"("$or": [{"lastStatus": ["RUNNING"]}, {"version": [4]}])"));
  EXPECT_FALSE(
      matches(R"({"source": ["aws.ec2"], "$or": [{"source": ["aws.ecs"]}, {"a": ["b"]}]})"));
}

TEST(EventPattern, WhatIsWrongIsSaid) {
  EXPECT_EQ(refusal(R"(["x"])"), "Filter is not an object");
  EXPECT_EQ(refusal("{}"), "Empty objects are not allowed");
  EXPECT_EQ(refusal(R"({"source": []})"), "Empty arrays are not allowed");
  EXPECT_EQ(refusal(R"({"source": "aws.ecs"})"), "\"source\" must be an object or an array");
  EXPECT_EQ(refusal(R"({"source": [{"like": "x"}]})"), "Unrecognized match type like");
  EXPECT_EQ(refusal(R"({"source": [["x"]]})"),
            "Match value must be String, number, true, false, or null");
  EXPECT_THAT(refusal(R"({"a": [{"numeric": ["~", 1]}]})"), HasSubstr("Unrecognized numeric"));
  EXPECT_THAT(refusal(R"({"a": [{"cidr": "10.0.0.0/33"}]})"), HasSubstr("Malformed CIDR"));
  EXPECT_THAT(refusal(R"({"a": [{"anything-but": []}]})"), HasSubstr("anything-but"));
  EXPECT_THAT(refusal(R"({"$or": [{"a": ["b"]}]})"), HasSubstr("at least 2 Objects"));
  EXPECT_THAT(refusal("{"), HasSubstr("line 1"));
}

}  // namespace
}  // namespace drydock::control::events
