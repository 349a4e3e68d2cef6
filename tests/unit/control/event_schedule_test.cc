#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/events/rules/schedule.h"

namespace drydock::control::events {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Time at(const std::string& text) { return *parse_rfc3339(text); }

// The next times, to the minute.
std::vector<std::string> times(const std::string& schedule, const std::string& after,
                               std::size_t n = 3) {
  const auto parsed = Schedule::parse(schedule);
  if (!parsed) {
    ADD_FAILURE() << schedule << ": " << parsed.error().message;
    return {};
  }
  std::vector<std::string> out;
  Time t = at(after);
  const Time begin = t;
  while (out.size() < n) {
    const auto next = parsed->next(t, begin);
    if (!next) break;
    t = *next;
    out.push_back(rfc3339_nano(t).substr(0, 16));
  }
  return out;
}

std::string refusal(const std::string& schedule) {
  const auto parsed = Schedule::parse(schedule);
  return parsed ? "valid" : parsed.error().message;
}

TEST(EventSchedule, RatesCountFromTheirBegin) {
  EXPECT_THAT(times("rate(5 minutes)", "2026-03-01T08:01:30Z"),
              ElementsAre("2026-03-01T08:06", "2026-03-01T08:11", "2026-03-01T08:16"));
  EXPECT_THAT(times("rate(1 hour)", "2026-03-01T08:01:30Z", 1), ElementsAre("2026-03-01T09:01"));
  EXPECT_THAT(times("rate(1 day)", "2026-03-01T08:01:30Z", 1), ElementsAre("2026-03-02T08:01"));
  const auto every = *Schedule::parse("rate(5 minutes)");
  const Time begin = at("2026-03-01T08:00:00Z");
  EXPECT_EQ(every.next(begin - std::chrono::hours(1), begin), begin + std::chrono::minutes(5));
  EXPECT_EQ(every.next(begin + std::chrono::minutes(5), begin), begin + std::chrono::minutes(10));
  for (const char* wrong : {"rate(5 minute)", "rate(1 minutes)", "rate(0 minutes)", "rate(-1 day)",
                            "rate(5)", "rate(5 weeks)", "rate(2147483647 days)", "rate()"})
    EXPECT_THAT(refusal(wrong), HasSubstr("does not have the form")) << wrong;
}

TEST(EventSchedule, CronFieldsAreValuesRangesStepsAndLists) {
  EXPECT_THAT(times("cron(0 12 * * ? *)", "2026-03-01T12:00:00Z", 2),
              ElementsAre("2026-03-02T12:00", "2026-03-03T12:00"));
  EXPECT_THAT(
      times("cron(0/20 8 * * ? *)", "2026-03-01T08:00:00Z", 4),
      ElementsAre("2026-03-01T08:20", "2026-03-01T08:40", "2026-03-02T08:00", "2026-03-02T08:20"));
  EXPECT_THAT(times("cron(*/30 8-9 ? * MON-FRI *)", "2026-02-27T09:00:00Z", 3),
              ElementsAre("2026-02-27T09:30", "2026-03-02T08:00", "2026-03-02T08:30"));
  EXPECT_THAT(times("cron(5,35 14 1 JAN,jun ? 2026-2027)", "2026-03-01T00:00:00Z", 9),
              ElementsAre("2026-06-01T14:05", "2026-06-01T14:35", "2027-01-01T14:05",
                          "2027-01-01T14:35", "2027-06-01T14:05", "2027-06-01T14:35"));
  EXPECT_THAT(
      times("cron(10-30/10 0 1 1/6 ? *)", "2026-03-01T00:00:00Z", 4),
      ElementsAre("2026-07-01T00:10", "2026-07-01T00:20", "2026-07-01T00:30", "2027-01-01T00:10"));
}

TEST(EventSchedule, DaysOfTheWeekAreOneToSevenFromSunday) {
  // 1 March 2026 is a Sunday.
  EXPECT_THAT(times("cron(0 0 ? * 1 *)", "2026-02-28T00:00:00Z", 1),
              ElementsAre("2026-03-01T00:00"));
  EXPECT_THAT(times("cron(0 0 ? * 7 *)", "2026-03-01T00:00:00Z", 1),
              ElementsAre("2026-03-07T00:00"));
  EXPECT_THAT(times("cron(0 0 ? * L *)", "2026-03-01T00:00:00Z", 1),
              ElementsAre("2026-03-07T00:00"));
  EXPECT_THAT(
      times("cron(0 0 ? * FRI-MON *)", "2026-03-02T00:00:00Z", 4),
      ElementsAre("2026-03-06T00:00", "2026-03-07T00:00", "2026-03-08T00:00", "2026-03-09T00:00"));
}

TEST(EventSchedule, TheNthAndTheLastWeekdayOfAMonth) {
  EXPECT_THAT(times("cron(0 0 ? * 6#3 *)", "2026-03-01T00:00:00Z", 2),
              ElementsAre("2026-03-20T00:00", "2026-04-17T00:00"));
  EXPECT_THAT(times("cron(0 0 ? * SUN#5 *)", "2026-03-01T00:00:00Z", 2),
              ElementsAre("2026-03-29T00:00", "2026-05-31T00:00"));
  EXPECT_THAT(times("cron(0 0 ? * 6L *)", "2026-03-01T00:00:00Z", 2),
              ElementsAre("2026-03-27T00:00", "2026-04-24T00:00"));
}

TEST(EventSchedule, TheLastDayAndTheNearestWeekday) {
  EXPECT_THAT(times("cron(0 0 L * ? *)", "2026-01-31T00:00:00Z", 3),
              ElementsAre("2026-02-28T00:00", "2026-03-31T00:00", "2026-04-30T00:00"));
  EXPECT_THAT(times("cron(0 0 L 2 ? *)", "2026-03-01T00:00:00Z", 2),
              ElementsAre("2027-02-28T00:00", "2028-02-29T00:00"));
  // 31 January and 31 May 2026 are a Saturday and a Sunday.
  EXPECT_THAT(times("cron(0 0 LW 1,5 ? 2026)", "2026-01-01T00:00:00Z", 3),
              ElementsAre("2026-01-30T00:00", "2026-05-29T00:00"));
  // Saturday the 15th: the Friday before. Sunday the 15th: the Monday after.
  EXPECT_THAT(times("cron(0 0 15W 8,2,4 ? 2026)", "2026-01-01T00:00:00Z", 3),
              ElementsAre("2026-02-16T00:00", "2026-04-15T00:00", "2026-08-14T00:00"));
  // Never in another month: Saturday the 1st of August, Sunday the 31st of May.
  EXPECT_THAT(times("cron(0 0 1W 8 ? 2026)", "2026-01-01T00:00:00Z", 1),
              ElementsAre("2026-08-03T00:00"));
  EXPECT_THAT(times("cron(0 0 31W 5,6 ? 2026)", "2026-01-01T00:00:00Z", 2),
              ElementsAre("2026-05-29T00:00"));
  EXPECT_THAT(times("cron(0 0 31 2 ? *)", "2026-01-01T00:00:00Z", 1), ElementsAre());
}

TEST(EventSchedule, WhatIsWrongIsNamed) {
  EXPECT_THAT(refusal("cron(0 12 * * *)"), HasSubstr("six fields, not 5"));
  EXPECT_THAT(refusal("cron(0 12 * * * *)"), HasSubstr("must be ?"));
  EXPECT_THAT(refusal("cron(0 12 ? * ? *)"), HasSubstr("must be ?"));
  EXPECT_EQ(refusal("cron(60 12 * * ? *)"), "the minutes \"60\" is not valid");
  EXPECT_EQ(refusal("cron(0 24 * * ? *)"), "the hours \"24\" is not valid");
  EXPECT_EQ(refusal("cron(0 5-4 * * ? *)"), "the hours \"5-4\" is not valid");
  EXPECT_EQ(refusal("cron(0 0 32 * ? *)"), "the day of month \"32\" is not valid");
  EXPECT_EQ(refusal("cron(0 0 1 FOO ? *)"), "the month \"FOO\" is not valid");
  EXPECT_EQ(refusal("cron(0 0 ? * 6#6 *)"), "the day of week \"6#6\" is not valid");
  EXPECT_EQ(refusal("cron(0 0 ? * 0 *)"), "the day of week \"0\" is not valid");
  EXPECT_EQ(refusal("cron(0 0 1 1 ? 2200)"), "the year \"2200\" is not valid");
  EXPECT_EQ(refusal("cron(*/0 0 1 1 ? *)"), "the minutes \"*/0\" is not valid");
  EXPECT_THAT(refusal("at(2026-03-01T00:00:00)"), HasSubstr("rate(...) or cron(...)"));
}

}  // namespace
}  // namespace drydock::control::events
