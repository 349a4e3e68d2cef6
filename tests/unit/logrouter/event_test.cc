#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "base/files.h"
#include "logrouter/event_query.h"
#include "logrouter/event_writer.h"
#include "logrouter/journal.h"
#include "logrouter/reader.h"

namespace drydock::logrouter {
namespace {

using namespace std::chrono_literals;
const Time kStart = parse_rfc3339("2026-03-01T08:15:04Z").value();
constexpr std::int64_t kStartMs = 1772352904000;

class Events : public ::testing::Test {
 protected:
  Events() {
    std::string name = "/tmp/drydock-events.XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~Events() override { EXPECT_TRUE(remove_tree(folder_)); }

  std::string log(const std::string& name) const { return folder_ + "/" + name; }

  static void put(EventWriter& writer, const std::vector<std::pair<int, std::string>>& events) {
    std::vector<NewEvent> batch;
    for (const auto& [at, text] : events) batch.push_back({kStartMs + at, text});
    ASSERT_TRUE(writer.append(batch, kStartMs + 1000000));
  }
  static EventQuery query(const std::vector<std::shared_ptr<EventIndex>>& indexes) {
    EventQuery q;
    q.now_ms = kStartMs + 100000000;
    for (std::size_t i = 0; i < indexes.size(); ++i)
      q.sources.push_back({indexes[i], i + 1, i, true});
    return q;
  }
  static std::string texts(const EventPage& page) {
    std::string all;
    for (const auto& found : page.events) all += found.event.text + "|";
    return all;
  }
  std::string lines(const std::string& name, std::shared_ptr<const LineStart> starts = nullptr) {
    return texts(find_events(query({std::make_shared<EventIndex>(log(name), std::move(starts))})));
  }

  std::string folder_;
};

TEST_F(Events, KeepNewlinesAndBothTimes) {
  EventWriter writer(log("a"), {});
  put(writer, {{0, "one\ntwo"}, {1, std::string("\0\x1e", 2)}});
  EventScanner scanner(log("a"), nullptr);
  auto e = scanner.next();
  ASSERT_TRUE(e);
  EXPECT_EQ(e->text, "one\ntwo");
  EXPECT_EQ(e->time_ms, kStartMs);
  EXPECT_EQ(e->ingestion_ms, kStartMs + 1000000);
  EXPECT_EQ(scanner.next()->text, std::string("\0\x1e", 2));
  EXPECT_FALSE(scanner.next());
  put(writer, {{2, "later"}});
  EXPECT_EQ(scanner.next()->text, "later");
}

TEST_F(Events, AreReadInTheOrderOfTheirTimesAlsoWhenTheyCameLate) {
  EventWriter writer(log("a"), {});
  put(writer, {{10, "c"}, {20, "d"}});
  put(writer, {{0, "a"}, {10, "c2"}, {15, "c3"}});
  EXPECT_EQ(lines("a"), "a|c|c2|c3|d|");
}

TEST_F(Events, ATornRecordIsCutOffByTheNextWriter) {
  {
    EventWriter writer(log("a"), {});
    put(writer, {{0, "whole"}});
  }
  UniqueFd fd(::open((log("a") + "/" + segment_name(0)).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  std::string torn;
  append_event(torn, kStartMs, kStartMs, "torn");
  ASSERT_TRUE(write_all(fd.get(), torn.substr(0, torn.size() - 3)));
  EXPECT_EQ(lines("a"), "whole|");
  EventWriter writer(log("a"), {});
  put(writer, {{1, "next"}});
  EXPECT_EQ(lines("a"), "whole|next|");
}

TEST_F(Events, TheOldestFilesGoWhenTheJournalIsFull) {
  EventWriter writer(log("a"), {4096, 16384});
  for (int i = 0; i < 1000; ++i) put(writer, {{i, std::to_string(i) + std::string(90, '.')}});
  const auto bases = segments(log("a"));
  EXPECT_LE(bases.size(), 4u);
  EXPECT_GT(bases.front(), 0u);
  auto q = query({std::make_shared<EventIndex>(log("a"), nullptr)});
  q.backward = true;
  q.limit = 1;
  EXPECT_EQ(find_events(q).events.at(0).event.text.substr(0, 4), "999.");
}

TEST_F(Events, PagesMeetEachEventOnceForwardsAndBackwards) {
  std::mt19937 random(7);
  std::vector<std::shared_ptr<EventIndex>> indexes;
  std::size_t total = 0;
  for (const char* name : {"a", "b", "c"}) {
    EventWriter writer(log(name), {64 << 10, 64 << 20});
    for (int i = 0; i < 300; ++i) {
      const int base = static_cast<int>(random() % 5000);
      put(writer, {{base, std::string(random() % 2000 + 1, 'x')}, {base + 3, "y"}});
      total += 2;
    }
    indexes.push_back(std::make_shared<EventIndex>(log(name), nullptr));
  }
  for (const bool backward : {false, true}) {
    for (const std::uint64_t budget : {1u, 100000u, 1u << 30}) {
      auto q = query(indexes);
      q.backward = backward;
      q.limit = 37;
      q.bytes = 30000;
      q.budget = budget;
      std::vector<EventPlace> places;
      for (int pages = 0; pages < 10000; ++pages) {
        const auto page = find_events(q);
        EXPECT_LE(page.events.size(), q.limit);
        std::vector<EventPlace> here;
        for (const auto& found : page.events) here.push_back(found.place);
        places.insert(backward ? places.begin() : places.end(), here.begin(), here.end());
        if (!page.resume) break;
        q.start = page.resume;
      }
      EXPECT_EQ(places.size(), total);
      EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
      EXPECT_EQ(std::adjacent_find(places.begin(), places.end()), places.end());
    }
  }
}

TEST_F(Events, AnIndexThatGrowsFindsWhatAFreshOneFinds) {
  const auto starts = LineStart::of_pattern("^START").value();
  auto writer = JournalWriter::open(log("a"), {65536, 64 << 20}).value();
  const auto grown = std::make_shared<EventIndex>(log("a"), starts);
  std::mt19937 random(3);
  for (int i = 0; i < 4000; ++i) {
    const std::string line =
        (random() % 4 ? "  more " : "START ") + std::string(random() % 120, 'z');
    const auto stream = random() % 3 ? Stream::kStdout : Stream::kStderr;
    writer.append(stream, kStart + i * 1ms, line + (random() % 10 ? "\n" : ""));
    writer.flush(kStart + i * 1ms);
    if (i % 97 == 0) (void)grown->blocks();
  }
  EXPECT_GT(grown->blocks().size(), 2u);
  auto q = query({grown});
  const auto one = find_events(q);
  q.sources[0].index = std::make_shared<EventIndex>(log("a"), starts);
  const auto other = find_events(q);
  EXPECT_EQ(texts(one), texts(other));
  EXPECT_GT(one.events.size(), 500u);
}

TEST_F(Events, ARangeOfTimeReadsOnlyItsBlocks) {
  EventWriter writer(log("a"), {8 << 20, 64 << 20});
  for (int i = 0; i < 100; ++i) {
    std::vector<std::pair<int, std::string>> batch;
    for (int k = 0; k < 100; ++k) batch.emplace_back(i * 1000 + k, std::string(1000, 'x'));
    put(writer, batch);
  }
  const auto index = std::make_shared<EventIndex>(log("a"), nullptr);
  auto q = query({index});
  q.from_ms = kStartMs + 50000;
  q.to_ms = kStartMs + 50010;
  EXPECT_EQ(find_events(q).events.size(), 10u);
  std::size_t overlapping = 0;
  for (const auto& block : index->blocks())
    overlapping += block.last_ms >= q.from_ms && block.first_ms < q.to_ms;
  EXPECT_GE(index->blocks().size(), 100u);
  EXPECT_LE(overlapping, 2u);
}

TEST_F(Events, LinesOfAContainerAreEventsExceptEmptyOnes) {
  auto writer = JournalWriter::open(log("a"), {}).value();
  writer.append(Stream::kStdout, kStart, "one\n\ntwo\n");
  writer.append(Stream::kStderr, kStart, "three\n");
  writer.flush(kStart);
  EXPECT_EQ(lines("a"), "one|two|three|");
}

TEST_F(Events, ALongLineIsCutWithoutCuttingACharacter) {
  auto writer = JournalWriter::open(log("a"), {}).value();
  std::string line;
  while (line.size() < kEventBytes + 10) line += "€";
  writer.append(Stream::kStdout, kStart, line + "\n" + std::string(kEventBytes, '\xff') + "\n");
  writer.flush(kStart);
  const auto page = find_events(query({std::make_shared<EventIndex>(log("a"), nullptr)}));
  std::string joined;
  for (const auto& found : page.events) {
    EXPECT_LE(sent_bytes(found.event.text), kEventBytes);
    joined += found.event.text;
  }
  EXPECT_EQ(joined, line + std::string(kEventBytes, '\xff'));
}

TEST_F(Events, LinesAreGatheredUntilTheNextBeginsOrFiveSecondsLater) {
  const auto starts = LineStart::of_pattern("^(ERROR|INFO)").value();
  auto writer = JournalWriter::open(log("a"), {}).value();
  writer.append(Stream::kStdout, kStart, "lead\nERROR a\n at b\n");
  writer.append(Stream::kStdout, kStart + 5s, " late\nINFO c\n");
  writer.flush(kStart);
  EXPECT_EQ(lines("a", starts), "lead\n|ERROR a\n at b\n| late\n|INFO c\n|");
  // While more may come, the last one waits.
  auto q = query({std::make_shared<EventIndex>(log("a"), starts)});
  q.sources[0].ended = false;
  q.now_ms = kStartMs + 5000;
  EXPECT_EQ(find_events(q).events.size(), 3u);
  q.now_ms = kStartMs + 11000;
  EXPECT_EQ(find_events(q).events.size(), 4u);
}

TEST(DatetimeFormat, IsTheExpressionOfTheDriver) {
  const auto starts = LineStart::of_datetime("\\[%b %d, %Y %H:%M:%S\\]").value();
  EXPECT_TRUE(starts->begins_event("[May 01, 2017 19:00:01] A message"));
  EXPECT_FALSE(starts->begins_event("Another line of it"));
  EXPECT_EQ(expression_of_datetime("%Y-%j %Q"),
            "\\d{4}-(?:0[0-9][1-9]|[1,2][0-9][0-9]|3[0-5][0-9]|36[0-6]) %Q");
  EXPECT_FALSE(LineStart::of_pattern("("));
}

TEST(EventPlaces, AreTheirTexts) {
  const EventPlace place{kStartMs, 18446744073709551615ull, 42, 3};
  EXPECT_EQ(text_of(place).size(), 56u);
  EXPECT_EQ(parse_place(text_of(place)), place);
  EXPECT_FALSE(parse_place("12"));
  EXPECT_FALSE(parse_place(std::string(56, 'x')));
  EXPECT_FALSE(parse_place(std::string(14, '0') + std::string(20, '9') + std::string(22, '0')));
}

}  // namespace
}  // namespace drydock::logrouter
