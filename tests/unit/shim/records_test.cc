#include "runtime/shim/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "base/files.h"
#include "runtime/shim/adopt.h"
#include "runtime/shim/protocol.h"
#include "runtime/shim/runtime_log.h"

namespace drydock::runtime::shim {
namespace {

using ::testing::HasSubstr;
const Time kAt = parse_rfc3339("2026-03-01T08:15:04.000000001Z").value();

TEST(ShimRecords, StartedComesBackAsWritten) {
  const Started s{4711, 18'000'000'000'000ull, kAt};
  EXPECT_EQ(parse_started(text_of(s)).value(), s);
}

TEST(ShimRecords, ExitedComesBackAsWritten) {
  Exited e;
  e.exited_at = kAt;
  e.code = 0;
  EXPECT_EQ(parse_exited(text_of(e)).value(), e);
  EXPECT_EQ(e.exit_code(), 0);
  e.code.reset();
  e.signal = 9;
  e.oom_killed = true;
  EXPECT_EQ(parse_exited(text_of(e)).value(), e);
  EXPECT_EQ(e.exit_code(), 137);
  e.signal.reset();
  e.error = "exec: \"x\\y\": \n\t\x01 not found \xc3\xa4";
  for (int f = 1; f <= static_cast<int>(Failure::kLost); ++f) {
    e.failure = static_cast<Failure>(f);
    EXPECT_EQ(parse_exited(text_of(e)).value(), e);
  }
  EXPECT_EQ(e.exit_code(), std::nullopt);
}

TEST(ShimRecords, AnyErrorTextMakesAReadableRecordWithinItsSpace) {
  std::mt19937 random(3);
  Exited e;
  e.failure = Failure::kCreate;
  for (int round = 0; round < 300; ++round) {
    e.error.assign(random() % 5000, '\0');
    for (char& c : e.error) c = static_cast<char>(round % 3 == 0 ? random() % 32 : random());
    const std::string text = text_of(e);
    EXPECT_LE(text.size(), kLongestRecord);
    EXPECT_TRUE(parse_exited(text)) << round;
  }
}

TEST(ShimRecords, WhatIsNoRecordIsRefused) {
  for (const char* text :
       {"", "{", "[]", "{}", "null", R"({"exitedAt":"2026-03-01T08:15:04Z"})",
        R"({"exitedAt":"yesterday","code":1})", R"({"exitedAt":"2026-03-01T08:15:04Z","code":-1})",
        R"({"exitedAt":"2026-03-01T08:15:04Z","code":256})",
        R"({"exitedAt":"2026-03-01T08:15:04Z","code":"1"})"})
    EXPECT_FALSE(parse_exited(text)) << text;
  for (const char* text :
       {"", "{}", R"({"pid":0,"startTicks":1,"startedAt":"2026-03-01T08:15:04Z"})",
        R"({"pid":-4,"startTicks":1,"startedAt":"2026-03-01T08:15:04Z"})",
        R"({"pid":4,"startedAt":"2026-03-01T08:15:04Z"})", R"({"pid":4,"startTicks":1})"})
    EXPECT_FALSE(parse_started(text)) << text;
  EXPECT_FALSE(parse_exited("{" + std::string(kLongestRecord, ' ') + "}"));
}

TEST(ShimRecords, StartTicksSurviveAnyProcessName) {
  const std::string rest = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 987654 20 21";
  EXPECT_EQ(start_ticks("12 (sh)" + rest), 987654u);
  EXPECT_EQ(start_ticks("12 (a) b (c))" + rest), 987654u);
  EXPECT_EQ(start_ticks("12 (sh) S 1 2"), 0u);
  EXPECT_EQ(start_ticks(""), 0u);
  EXPECT_GT(start_ticks(read_file("/proc/self/stat").value()), 0u);
}

TEST(ShimRecords, AbsentFilesAreNoRecords) {
  EXPECT_EQ(read_started("/nonexistent").value(), std::nullopt);
  EXPECT_EQ(read_exited("/nonexistent").value(), std::nullopt);
}

TEST(ShimArguments, ComeBackAsGiven) {
  Request r;
  r.bundle = "/b";
  r.id = "web";
  r.runtime_root = "/r";
  r.journal = "/j";
  r.segment_bytes = 1;
  r.journal_bytes = 2;
  r.terminal = true;
  r.input = Stdin::kHeldOpen;
  r.oom_files = {"/o1", "/o2"};
  r.join = {"/c"};
  const auto back = parse_arguments(arguments(r)).value();
  EXPECT_EQ(arguments(back), arguments(r));
  EXPECT_EQ(back.oom_files, r.oom_files);
  EXPECT_TRUE(back.terminal);
}

TEST(ShimArguments, BadOnesAreNamed) {
  Request r;
  r.bundle = "/b";
  r.id = "web";
  r.runtime_root = "/r";
  r.journal = "/j";
  auto with = [&](std::vector<std::string> more) {
    auto a = arguments(r);
    a.insert(a.end(), more.begin(), more.end());
    const auto parsed = parse_arguments(a);
    return parsed ? "" : parsed.error().message;
  };
  EXPECT_EQ(with({}), "");
  EXPECT_THAT(with({"--nonsense", "1"}), HasSubstr("--nonsense"));
  EXPECT_THAT(with({"--id"}), HasSubstr("--id"));
  EXPECT_THAT(with({"--id", "../x"}), HasSubstr("../x"));
  EXPECT_THAT(with({"--bundle", "relative"}), HasSubstr("relative"));
  EXPECT_THAT(with({"--segment-bytes", "many"}), HasSubstr("many"));
  EXPECT_FALSE(parse_arguments({}));
}

TEST(RuntimeLog, LastErrorIsFound) {
  EXPECT_EQ(last_error(R"({"level":"error","msg":"first","time":"t"}
{"level":"error","msg":"exec: \"nosuch\": not \\ found\u003c","time":"t"}
{"level":"warning","msg":"later","time":"t"}
)"),
            "exec: \"nosuch\": not \\ found<");
  EXPECT_EQ(last_error(R"({"msg":"crun words","level":"error"})"), "crun words");
  for (const char* odd : {"", "\n\n", "plain text\n", "{\"level\":\"error\""})
    EXPECT_EQ(last_error(odd), "") << odd;
}

TEST(RuntimeLog, FailuresAreToldApart) {
  const std::string runc = "runc run failed: unable to start container process: ";
  EXPECT_EQ(failure_of(runc + "exec: \"x\": executable file not found in $PATH"),
            Failure::kCommandNotFound);
  EXPECT_EQ(failure_of(runc + "exec: \"/x\": stat /x: no such file or directory"),
            Failure::kCommandNotFound);
  EXPECT_EQ(failure_of(runc + "exec: \"/etc/passwd\": permission denied"),
            Failure::kCommandNotExecutable);
  EXPECT_EQ(failure_of(runc +
                       "error during container init: error mounting \"/none\" to rootfs at \"/x\": "
                       "no such file or directory"),
            Failure::kCreate);
  EXPECT_EQ(
      failure_of("chdir to cwd (\"/nope\") set in config.json failed: no such file or directory"),
      Failure::kStart);
  EXPECT_EQ(failure_of("executable file `x` not found in $PATH: No such file or directory"),
            Failure::kCommandNotFound);
}

TEST(ShimBundle, WithoutAShimNobodyIsFound) {
  std::string folder = "/tmp/drydock-bundle.XXXXXX";
  ASSERT_TRUE(::mkdtemp(folder.data()));
  EXPECT_FALSE(find_shim(folder).value());
  ASSERT_TRUE(write_file_atomic(folder + "/exit.json", "old"));
  ASSERT_TRUE(prepare_bundle(folder));
  EXPECT_FALSE(exists(folder + "/exit.json"));
  EXPECT_FALSE(find_shim(folder).value());
  EXPECT_TRUE(retire_bundle(folder));
  EXPECT_TRUE(retire_bundle(folder));
  EXPECT_EQ(list_dir(folder).size(), 0u);
  EXPECT_TRUE(remove_tree(folder));
}

}  // namespace
}  // namespace drydock::runtime::shim
