#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <random>

#include "base/files.h"
#include "base/limits.h"
#include "tests/unit/logrouter/journal_fixture.h"

namespace drydock::logrouter {
namespace {

using namespace std::chrono_literals;

TEST_F(Journal, WritesTheCriLogFormat) {
  auto w = writer();
  w.append(Stream::kStdout, kStart, "hello\n");
  w.append(Stream::kStderr, kStart, "oops\n");
  w.flush(kStart);
  EXPECT_EQ(read_file(last_segment()).value(),
            "2026-03-01T08:15:04.000000001Z segment F 0\n"
            "2026-03-01T08:15:04.000000001Z stdout F hello\n"
            "2026-03-01T08:15:04.000000001Z stderr F oops\n");
}

TEST_F(Journal, LineInPiecesIsOneLine) {
  auto w = writer();
  for (const char* piece : {"a", "b", "", "c\nd", "\n\n"}) w.append(Stream::kStdout, kStart, piece);
  w.flush(kStart);
  EXPECT_EQ(texts(read()), "abc|d||");
}

TEST_F(Journal, EndOfStreamEndsTheLine) {
  auto w = writer();
  w.append(Stream::kStdout, kStart, "no end");
  w.finish(Stream::kStdout, kStart);
  w.finish(Stream::kStderr, kStart);
  w.flush(kStart);
  EXPECT_EQ(texts(read()), "no end|");
}

TEST_F(Journal, LongLineIsSplitOnDiskAndWholeWhenRead) {
  auto w = writer();
  const std::string line(3 * limits::kLogLine + 7, 'x');
  w.append(Stream::kStdout, kStart, line.substr(0, 20000));
  w.append(Stream::kStderr, kStart + 1s, "between\n");
  w.append(Stream::kStdout, kStart + 2s, line.substr(20000) + "\n");
  w.flush(kStart);
  SegmentCursor cursor(UniqueFd(::open(last_segment().c_str(), O_RDONLY | O_CLOEXEC)), 0);
  while (auto r = cursor.next()) EXPECT_LE(r->text.size(), limits::kLogLine);
  const auto entries = read();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].text, "between");
  EXPECT_EQ(entries[1].text, line);
  EXPECT_EQ(entries[1].time, kStart);
}

TEST_F(Journal, LineBeyondAMebibyteIsShownInParts) {
  auto w = writer();
  const std::string line(5 * kLongestEntry / 2, 'y');
  w.append(Stream::kStdout, kStart, line + "\nnext\n");
  w.flush(kStart);
  const auto entries = read();
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_TRUE(entries[0].partial);
  EXPECT_TRUE(entries[1].partial);
  EXPECT_FALSE(entries[2].partial);
  EXPECT_EQ(entries[0].text + entries[1].text + entries[2].text, line);
  EXPECT_EQ(entries[3].text, "next");
}

TEST_F(Journal, AnyBytesComeBackAsWritten) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(remove_tree(folder_));
    std::string wrote[2];
    {
      auto w = writer({.segment_bytes = 64u << 10, .total_bytes = 1u << 30});
      for (int i = 0; i < 60; ++i) {
        std::string bytes(random() % (i % 7 == 0 ? 60000 : 300), '\0');
        for (char& c : bytes) c = static_cast<char>(random() % (round % 2 == 0 ? 256 : 12));
        const auto stream = random() % 2;
        wrote[stream] += bytes;
        w.append(static_cast<Stream>(stream), kStart + i * 1ms, bytes);
        if (random() % 3 == 0) w.flush(kStart);
      }
      for (const Stream s : {Stream::kStdout, Stream::kStderr}) {
        w.append(s, kStart, "end\n");
        wrote[static_cast<int>(s)] += "end\n";
      }
      w.flush(kStart);
    }
    std::string got[2];
    for (const auto& e : read()) {
      ASSERT_NE(e.stream, Stream::kGap);
      got[static_cast<int>(e.stream)] += e.text + (e.partial ? "" : "\n");
    }
    EXPECT_EQ(got[0], wrote[0]);
    EXPECT_EQ(got[1], wrote[1]);
  }
}

TEST_F(Journal, AnyTornTailIsNeverShownAndCutByTheNextWriter) {
  {
    auto w = writer();
    w.append(Stream::kStdout, kStart, "whole\n");
    w.flush(kStart);
  }
  const std::string whole = read_file(last_segment()).value();
  const std::string torn = "2026-03-01T08:15:04.000000001Z stdout F torn";
  for (std::size_t n = 1; n <= torn.size(); ++n) {
    ASSERT_TRUE(write_file_atomic(last_segment(), whole + torn.substr(0, n)));
    ReadOptions follow;
    follow.follow = true;
    auto reader = JournalReader::open(folder_, follow).value();
    EXPECT_EQ(texts(rest(reader)), "whole|");
    auto w = writer();
    w.append(Stream::kStdout, kStart, "after\n");
    w.flush(kStart);
    EXPECT_EQ(texts(rest(reader)), "[1]|after|") << n;  // the same reader goes on
    EXPECT_EQ(texts(read()), "whole|[1]|after|") << n;
  }
}

TEST_F(Journal, SegmentKilledInItsHeaderIsBegunAgain) {
  {
    auto w = writer();
    write_lines(w, 0, 2, 1);
  }
  const auto size = read_file(last_segment()).value().size();
  ASSERT_TRUE(write_file_atomic(folder_ + "/" + segment_name(size), "2026-03-01T08"));
  auto w = writer();
  write_lines(w, 2, 3, 1);
  EXPECT_EQ(texts(read()), "0|1|2|");
}

TEST_F(Journal, LineWhoseWriterDiedIsClosedBeforeTheNext) {
  {
    auto w = writer();
    w.append(Stream::kStdout, kStart, std::string(limits::kLogLine + 5, 'z'));
    w.flush(kStart);
  }
  auto w = writer();
  w.append(Stream::kStdout, kStart, "new\n");
  w.flush(kStart);
  EXPECT_EQ(texts(read()), std::string(limits::kLogLine, 'z') + "~new|");
}

TEST_F(Journal, KilledWriterLosesNoFlushedLine) {
  for (int round = 0; round < 10; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    UniqueFd in(ends[0]), out(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) {
      auto w = writer({.segment_bytes = 8192, .total_bytes = 1u << 30});
      for (int i = 0;; ++i) {
        w.append(Stream::kStdout, kStart,
                 std::string(static_cast<std::size_t>(i % 50), 'k') + "\n");
        w.flush(kStart);
        if (i == 500) (void)!::write(out.get(), "x", 1);
      }
    }
    char c = 0;
    ASSERT_EQ(::read(in.get(), &c, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    {
      auto w = writer();
      w.flush(kStart);
    }
    int at = 0, shown = 0;
    for (const auto& e : read()) {
      if (e.stream == Stream::kGap) continue;
      if (e.text.empty() && at % 50 != 0) at = 0;  // the next round's writer
      ASSERT_EQ(e.text, std::string(static_cast<std::size_t>(at++ % 50), 'k'));
      ++shown;
    }
    EXPECT_GE(shown, 500 * (round + 1));
  }
}

TEST_F(Journal, RotatesBySizeAndKeepsWithinItsCap) {
  auto w = writer({.segment_bytes = 4096, .total_bytes = 16384});
  write_lines(w, 0, 2000, 60);
  std::uint64_t total = 0;
  const auto bases = segments(folder_);
  EXPECT_GT(bases.size(), 2u);
  for (const auto base : bases)
    total += read_file(folder_ + "/" + segment_name(base)).value().size();
  EXPECT_LE(total, 16384u);
  const auto entries = read();
  ASSERT_FALSE(entries.empty());
  EXPECT_EQ(entries[0].stream, Stream::kGap);
  EXPECT_EQ(entries[0].dropped + entries.size() - 1, 2000u);  // every line is there or counted
  EXPECT_EQ(entries.back().text.substr(0, 4), "1999");
}

TEST_F(Journal, FollowerThatLagsLearnsHowManyLinesItLost) {
  auto w = writer({.segment_bytes = 4096, .total_bytes = 16384});
  write_lines(w, 0, 10, 60);
  ReadOptions follow;
  follow.follow = true;
  auto reader = JournalReader::open(folder_, follow).value();
  EXPECT_EQ(rest(reader).size(), 10u);
  write_lines(w, 10, 2000, 60);
  const auto entries = rest(reader);
  std::uint64_t dropped = 0, lines = 0;
  for (const auto& e : entries) e.stream == Stream::kGap ? dropped += e.dropped : ++lines;
  EXPECT_GT(dropped, 0u);
  EXPECT_EQ(dropped + lines, 1990u);
}

TEST_F(Journal, FollowerInTimeMissesNothingAcrossRotationAndWriters) {
  ReadOptions follow;
  follow.follow = true;
  auto reader = JournalReader::open(folder_, follow).value();
  int seen = 0;
  for (int round = 0; round < 30; ++round) {
    auto w = writer({.segment_bytes = 4096, .total_bytes = 32768});
    write_lines(w, round * 20, (round + 1) * 20, 60);
    for (const auto& e : rest(reader)) EXPECT_EQ(std::stoi(e.text), seen++);
  }
  EXPECT_EQ(seen, 600);
}

TEST_F(Journal, TailShowsTheNewestLines) {
  auto w = writer({.segment_bytes = 4096, .total_bytes = 1u << 20});
  write_lines(w, 0, 500, 5);
  for (const std::size_t n : {0u, 1u, 7u, 90u, 499u, 500u, 1000u}) {
    ReadOptions options;
    options.tail = n;
    const auto entries = read(options);
    ASSERT_EQ(entries.size(), std::min<std::size_t>(n, 500)) << n;
    if (n > 0) {
      EXPECT_EQ(entries[0].text.substr(0, 3),
                (std::to_string(500 - entries.size()) + "...").substr(0, 3));
    }
  }
}

TEST_F(Journal, TailCountsLinesAndNotTheirParts) {
  auto w = writer();
  const std::string line(2 * limits::kLogLine + 1, 'l');
  w.append(Stream::kStdout, kStart, "first\n");
  w.append(Stream::kStdout, kStart, line);
  w.append(Stream::kStderr, kStart, "inside\n");
  w.append(Stream::kStdout, kStart, "\n");
  w.flush(kStart);
  ReadOptions options;
  options.tail = 1;
  EXPECT_EQ(texts(read(options)), line + "|");
  options.tail = 2;
  EXPECT_EQ(texts(read(options)), "inside|" + line + "|");
}

TEST_F(Journal, TailOfOneStreamCountsItsLinesAlone) {
  auto w = writer({.segment_bytes = 4096, .total_bytes = 1u << 20});
  for (int i = 0; i < 400; ++i) {
    w.append(i % 100 == 7 ? Stream::kStderr : Stream::kStdout, kStart,
             "line " + std::to_string(i) + std::string(40, '.') + "\n");
    if (i % 20 == 19) w.flush(kStart);
  }
  ASSERT_GT(segments(folder_).size(), 2u);
  for (const std::size_t n : {0u, 1u, 3u, 4u, 100u}) {
    ReadOptions options;
    options.tail = n;
    options.tail_of = Stream::kStderr;
    std::size_t seen = 0;
    for (const Entry& e : read(options)) seen += e.stream == Stream::kStderr ? 1 : 0;
    EXPECT_EQ(seen, std::min<std::size_t>(n, 4)) << n;
  }
}

TEST_F(Journal, SinceAndUntilChooseByTime) {
  auto w = writer({.segment_bytes = 4096, .total_bytes = 1u << 20});
  write_lines(w, 0, 300, 3);
  ReadOptions options;
  options.since = kStart + 297s;
  EXPECT_EQ(texts(read(options)), "297|298|299|");
  options.until = kStart + 299s;
  EXPECT_EQ(texts(read(options)), "297|298|");
  options.since.reset();
  options.tail = 1;
  EXPECT_EQ(texts(read(options)), "298|");
  options = {};
  options.since = kStart - 1s;
  EXPECT_EQ(read(options).size(), 300u);
  options.since = kStart + 300s;
  EXPECT_TRUE(read(options).empty());
}

TEST_F(Journal, TailAndFollowTogetherGoOn) {
  auto w = writer();
  write_lines(w, 0, 5, 1);
  ReadOptions options;
  options.tail = 2;
  options.follow = true;
  auto reader = JournalReader::open(folder_, options).value();
  EXPECT_EQ(texts(rest(reader)), "3|4|");
  write_lines(w, 5, 6, 1);
  EXPECT_EQ(texts(rest(reader)), "5|");
}

TEST_F(Journal, SavedPositionResumesAnywhere) {
  auto w = writer({.segment_bytes = 4096, .total_bytes = 1u << 20});
  write_lines(w, 0, 200, 40);
  auto reader = JournalReader::open(folder_).value();
  for (int i = 0; i <= 200; ++i) {
    ReadOptions options;
    options.from = reader.position();
    const auto left = read(options);
    ASSERT_EQ(left.size(), static_cast<std::size_t>(200 - i));
    if (!left.empty()) {
      EXPECT_EQ(std::stoi(left[0].text), i);
    }
    reader.next();
  }
}

TEST_F(Journal, PositionOfAnUnfinishedLineIsItsBeginning) {
  auto w = writer();
  const std::string line(limits::kLogLine + 1, 'u');
  w.append(Stream::kStdout, kStart, line);
  w.append(Stream::kStderr, kStart, "e\n");
  w.flush(kStart);
  ReadOptions options;
  options.follow = true;
  auto reader = JournalReader::open(folder_, options).value();
  EXPECT_EQ(texts(rest(reader)), "e|");
  options.from = reader.position();
  w.finish(Stream::kStdout, kStart);
  w.flush(kStart);
  EXPECT_EQ(texts(read(options)), "e|" + line + "|");
}

TEST_F(Journal, PositionOfAnotherJournalIsRefused) {
  auto w = writer();
  write_lines(w, 0, 1);
  ReadOptions options;
  options.from = Position{1u << 20, 9};
  EXPECT_EQ(JournalReader::open(folder_, options).error().code, Errc::kInvalid);
}

TEST_F(Journal, PositionInADeletedSegmentTellsTheLoss) {
  auto w = writer({.segment_bytes = 4096, .total_bytes = 16384});
  write_lines(w, 0, 10, 60);
  auto reader = JournalReader::open(folder_).value();
  rest(reader);
  ReadOptions options;
  options.from = reader.position();
  write_lines(w, 10, 1000, 60);
  const auto entries = read(options);
  EXPECT_EQ(entries[0].dropped + entries.size() - 1, 990u);
}

TEST_F(Journal, UnknownKindsAreSkipped) {
  auto w = writer();
  write_lines(w, 0, 1, 1);
  add_raw(std::string("\x1e") + "E" + std::string("\x05\0\0\0", 4) + "a\nb\nc" + "\n");
  add_raw("2026-03-01T08:15:04.000000001Z future F what\nnot a record\n");
  write_lines(w, 1, 2, 1);
  EXPECT_EQ(texts(read()), "0|1|");
}

TEST_F(Journal, DamageIsSkipped) {
  auto w = writer();
  write_lines(w, 0, 1, 1);
  add_raw(std::string(200000, '\0') + "\n");
  add_raw(std::string("\x1e\x1e\xff\xff\xff\xff\n", 7));
  write_lines(w, 1, 2, 1);
  EXPECT_EQ(texts(read()), "0|1|");
}

TEST_F(Journal, AbsentFolderIsEmptyAndAFileIsRefused) {
  auto reader = JournalReader::open(folder_ + "/absent").value();
  EXPECT_FALSE(reader.next());
  ASSERT_TRUE(write_file_atomic(folder_ + "/file", ""));
  EXPECT_FALSE(JournalWriter::open(folder_ + "/file", {}));
  EXPECT_EQ(JournalWatch::create().value().add(folder_ + "/absent").error().code, Errc::kNotFound);
}

TEST_F(Journal, MergedJournalsComeByTime) {
  auto a = JournalWriter::open(folder_ + "/a", {}).value();
  auto b = JournalWriter::open(folder_ + "/b", {}).value();
  for (int i = 0; i < 10; ++i) {
    JournalWriter& w = i % 3 == 0 ? a : b;
    w.append(Stream::kStdout, kStart + i * 1s, std::to_string(i) + "\n");
    w.flush(kStart);
  }
  ReadOptions options;
  options.follow = true;
  auto merged = MergedReader::open({folder_ + "/a", folder_ + "/b"}, options).value();
  for (int i = 0; i < 10; ++i) {
    const auto next = merged.next();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->entry.text, std::to_string(i));
    EXPECT_EQ(next->source, i % 3 == 0 ? 0u : 1u);
  }
  EXPECT_FALSE(merged.next());
  EXPECT_FALSE(merged.next());
  pollfd p{merged.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&p, 1, 0), 0);
  b.append(Stream::kStderr, kStart, "late\n");
  b.flush(kStart);
  EXPECT_EQ(::poll(&p, 1, 0), 1);
  EXPECT_EQ(merged.next()->entry.text, "late");
  EXPECT_FALSE(merged.next());
}

TEST(RecordTime, ReadsWhatTheClockWritesAndNothingElse) {
  EXPECT_EQ(record_time("2026-03-01T08:15:04.000000001Z"), kStart);
  EXPECT_EQ(record_time("2026-13-01T08:15:04.000000001Z"), Time{});
  EXPECT_EQ(record_time("2026-03-01T08:15:04Z"), Time{});
  EXPECT_EQ(record_time("2026x03-01T08:15:04.000000001Z"), Time{});
}

TEST_F(Journal, ALineWithoutAnEndHoldsUpNoPosition) {
  auto w = writer();
  w.append(Stream::kStderr, kStart, std::string(limits::kLogLine + 10, 'e'));  // a part of it
  write_lines(w, 0, 20000, 100);
  ReadOptions follow;
  follow.follow = true;
  auto reader = JournalReader::open(folder_, follow).value();
  const auto all = rest(reader);
  EXPECT_EQ(all.size(), 20001u);
  EXPECT_EQ(reader.position().offset, w.offset());
}

}  // namespace
}  // namespace drydock::logrouter
