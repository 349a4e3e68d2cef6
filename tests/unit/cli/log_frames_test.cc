#include "cli/log_frames.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace drydock::cli {
namespace {

using ::testing::HasSubstr;

// What was written to an Output.
class Captured {
 public:
  Captured() : fd_(::memfd_create("out", MFD_CLOEXEC)), output(fd_.get()) {}
  std::string text() const {
    std::string all(static_cast<std::size_t>(::lseek(fd_.get(), 0, SEEK_END)), '\0');
    EXPECT_EQ(::pread(fd_.get(), all.data(), all.size(), 0), static_cast<ssize_t>(all.size()));
    return all;
  }

 private:
  UniqueFd fd_;

 public:
  Output output;
};

std::string frame(const std::string& container, const std::string& stream,
                  const std::string& bytes) {
  return container + " " + stream + " 2026-03-01T08:15:04.123456789Z " +
         std::to_string(bytes.size()) + "\n" + bytes + "\n";
}

std::string printed(const std::string& stream, std::size_t piece, const LogStyle& style = {}) {
  Captured captured;
  LogPrinter printer(captured.output, style);
  for (std::size_t at = 0; at < stream.size(); at += piece)
    EXPECT_TRUE(printer.feed(std::string_view(stream).substr(at, piece)));
  printer.finish();
  return captured.text();
}

TEST(LogFrames, LinesComeOutWholeHoweverTheStreamIsCut) {
  const std::string binary("a\0b\nweb stdout x 3\n\xff\xfe", 22);
  const std::string stream = frame("web", "stdout", "hello") + frame("side", "stderr", "") +
                             frame("web", "stderr", binary) +
                             frame("web", "stdout", std::string(100000, 'y'));
  const std::string expected =
      "web | hello\nside | \nweb | " + binary + "\nweb | " + std::string(100000, 'y') + "\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, stream.size()})
    EXPECT_EQ(printed(stream, piece), expected) << piece;
}

TEST(LogFrames, ALineLongerThanAMegabyteIsNotKeptInMemoryAndNotChanged) {
  const std::string line(5u << 20, 'z');
  EXPECT_EQ(printed(frame("web", "stdout", line), 65536), "web | " + line + "\n");
}

TEST(LogFrames, PrefixTimeTaskAndColourAreChoices) {
  const std::string stream = frame("web", "stdout", "a") + frame("web", "stderr", "b");
  LogStyle style;
  style.prefix = false;
  EXPECT_EQ(printed(stream, 9, style), "a\nb\n");
  style.timestamps = true;
  EXPECT_EQ(printed(stream, 9, style),
            "2026-03-01T08:15:04.123456789Z a\n2026-03-01T08:15:04.123456789Z b\n");
  style = {};
  style.task = "3f2a61d0/";
  EXPECT_EQ(printed(stream, 9, style), "3f2a61d0/web | a\n3f2a61d0/web | b\n");
  style = {};
  style.colour = true;
  EXPECT_EQ(printed(stream, 9, style), "\033[36mweb |\033[0m a\n\033[31mweb |\033[0m b\n");
}

TEST(LogFrames, ACutLineIsPrintedAtTheEnd) {
  const std::string stream = frame("web", "stdout", "hello");
  EXPECT_EQ(printed(stream.substr(0, stream.size() - 3), 100), "web | hel\n");
}

TEST(LogFrames, AStreamOfAnotherKindIsRefused) {
  for (const std::string wrong :
       {"<html>\n", "web stdout t\n", "web stdin t 3\nabc\n", "web stdout t -1\n",
        "web stdout t 3x\nabc\n", "web stdout t 3\nabcd\n", " stdout t 1\na\n",
        "web stdout t 1 2\na\n"}) {
    Captured captured;
    LogPrinter printer(captured.output, {});
    EXPECT_FALSE(printer.feed(wrong)) << wrong;
  }
  Captured captured;
  LogPrinter printer(captured.output, {});
  EXPECT_FALSE(printer.feed(std::string(5000, 'x')));
}

TEST(LogFrames, AReaderThatWentAwayIsNoticed) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd write_end(ends[1]);
  ::close(ends[0]);
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  Output out(write_end.get());
  LogPrinter printer(out, {});
  const auto there = printer.feed(frame("web", "stdout", "hello"));
  ::sigaction(SIGPIPE, &before, nullptr);
  ASSERT_TRUE(there);
  EXPECT_FALSE(*there);
  EXPECT_TRUE(out.gone());
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(table({{"A", "LONG", "C"}, {"abc", "x", "y"}, {"é", "", ""}}),
            "A     LONG   C\nabc   x      y\né\n");
}

TEST(Sizes, AreForPeople) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(999), "999 B");
  EXPECT_EQ(human_size(1500), "1.5 kB");
  EXPECT_EQ(human_size(123456789), "123 MB");
  EXPECT_EQ(human_age(1), "1 second ago");
  EXPECT_EQ(human_age(7200), "2 hours ago");
  EXPECT_EQ(human_age(-5), "now");
  EXPECT_EQ(shortened("abcdef", 4), "abc…");
  EXPECT_EQ(shortened("abcd", 4), "abcd");
}

}  // namespace
}  // namespace drydock::cli
