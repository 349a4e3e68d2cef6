#include "logrouter/cloudwatch/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "logrouter/cloudwatch/forward.h"
#include "logrouter/event_scan.h"

namespace drydock::logrouter {
namespace {

using testing::ElementsAre;

Batch batch_of(const std::vector<std::string>& lines, std::int64_t apart_ms = 1) {
  Batch batch;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    Entry e;
    e.time = Time(std::chrono::milliseconds(1700000000000 + apart_ms * static_cast<long>(i)));
    e.text = lines[i];
    e.offset = i;
    batch.entries.push_back(std::move(e));
  }
  return batch;
}

std::vector<std::string> texts(const OutEvents& out) {
  std::vector<std::string> all;
  for (const OutEvent& e : out.events) all.push_back(e.text);
  return all;
}

TEST(ForwardedEvents, EachLineIsOneAndEmptyOnesAreNone) {
  const OutEvents out = events_of(batch_of({"a", "", "b"}), nullptr, false);
  EXPECT_THAT(texts(out), ElementsAre("a", "b"));
  EXPECT_EQ(out.entries, 3u);
  EXPECT_EQ(out.events[0].entries, 1u);
  EXPECT_EQ(out.events[1].entries, 3u);
  EXPECT_EQ(out.events[1].time_ms, 1700000000002);
}

TEST(ForwardedEvents, ALongLineIsCutAndCountsWithItsLastPiece) {
  const OutEvents out = events_of(batch_of({"a", std::string(600000, 'x')}), nullptr, false);
  ASSERT_EQ(out.events.size(), 4u);
  EXPECT_EQ(out.events[1].text.size(), kEventBytes);
  EXPECT_EQ(out.events[3].text.size(), 600000 - 2 * kEventBytes);
  EXPECT_EQ(out.events[1].entries, 1u);
  EXPECT_EQ(out.events[2].entries, 1u);
  EXPECT_EQ(out.events[3].entries, 2u);
}

TEST(ForwardedEvents, LinesThatBeginNoneBelongToTheOneBeforeWhoseLastIsHeldBack) {
  const auto starts = *LineStart::of_pattern("^INFO");
  const Batch batch = batch_of({"INFO a", " more", "INFO b", " more"});
  OutEvents out = events_of(batch, starts.get(), false);
  EXPECT_THAT(texts(out), ElementsAre("INFO a\n more\n"));
  EXPECT_EQ(out.entries, 2u);
  out = events_of(batch, starts.get(), true);
  EXPECT_THAT(texts(out), ElementsAre("INFO a\n more\n", "INFO b\n more\n"));
  EXPECT_EQ(out.entries, 4u);
  // As the driver, it waits for five seconds.
  EXPECT_EQ(events_of(batch_of({"INFO a", " late"}, kGatherMs), starts.get(), true).events.size(),
            2u);
}

TEST(ForwardedEvents, ARequestHoldsWhatPutLogEventsTakes) {
  std::vector<OutEvent> small(25000, {0, "x", 0});
  EXPECT_EQ(request_size(small, 0), 10000u);
  EXPECT_EQ(request_size(small, 20000), 5000u);
  std::vector<OutEvent> large(10, {0, std::string(kEventBytes, 'x'), 0});
  EXPECT_EQ(request_size(large, 0), 4u);
  std::vector<OutEvent> days = {{0, "a", 0}, {86399999, "b", 0}, {86400000, "c", 0}};
  EXPECT_EQ(request_size(days, 0), 2u);
}

TEST(ForwardedEvents, WhatTheServiceRejectsIsCounted) {
  std::string why;
  EXPECT_EQ(rejected_events("{}", 5, why), 0u);
  EXPECT_EQ(why, "");
  EXPECT_EQ(rejected_events(R"({"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":2}})", 5, why),
            2u);
  EXPECT_EQ(why, "too old, or older than the group's retention");
  EXPECT_EQ(rejected_events(R"({"rejectedLogEventsInfo":{"tooNewLogEventStartIndex":3}})", 5, why),
            2u);
  EXPECT_EQ(rejected_events(R"({"rejectedLogEventsInfo":{"expiredLogEventEndIndex":99}})", 5, why),
            5u);
  EXPECT_EQ(rejected_events("no JSON", 5, why), 0u);
}

}  // namespace
}  // namespace drydock::logrouter
