#include "runtime/health.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <future>
#include <thread>

#include "base/files.h"

namespace drydock::runtime {
namespace {

// A program in the place of the runtime: `script` does what `runtime --root R exec --pid-file P ID
// COMMAND` would.
class ProberTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/drydock-prober-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    ASSERT_TRUE(make_dirs(folder_ + "/pids"));
    thread_ = std::thread([this] { loop_.run(); });
  }
  void TearDown() override {
    loop_.call([this] {
      prober_.reset();
      return 0;
    });
    loop_.stop();
    thread_.join();
    EXPECT_TRUE(list_dir(folder_ + "/pids").empty());
    (void)remove_tree(folder_);
  }
  ProbeResult probe(const std::string& script, Duration timeout, Duration patience) {
    const std::string runtime = folder_ + "/runtime";
    EXPECT_TRUE(write_file_atomic(runtime, "#!/bin/sh\npid=$5\n" + script + "\n", 0755));
    std::promise<ProbeResult> told;
    loop_.post([&] {
      prober_ = std::make_unique<Prober>(loop_, runtime, "/root", folder_ + "/pids", 1, patience);
      prober_->probe({"id", {"CMD", "true"}, timeout},
                     [&](ProbeResult result) { told.set_value(std::move(result)); });
    });
    return told.get_future().get();
  }

  std::string folder_;
  Loop loop_;
  std::thread thread_;
  std::unique_ptr<Prober> prober_;
};

using namespace std::chrono_literals;

TEST_F(ProberTest, TheTimeoutCountsFromTheStartOfTheProbesProcess) {
  // Both ways in which runtimes write the file; 0.2 s of its 1.4 are the probe's own.
  for (const char* write : {"echo $$ > $pid.new; mv $pid.new $pid", "echo $$ > $pid"}) {
    const auto result =
        probe("sleep 1.2; " + std::string(write) + "; sleep 0.2; echo fine; exit 3", 1s, 30s);
    EXPECT_EQ(result.exit_code, 3) << write;
    EXPECT_EQ(result.output, "fine\n");
  }
}

TEST_F(ProberTest, AProbeThatTakesTooLongIsKilled) {
  const auto result = probe("echo $$ > $pid; exec sleep 100", 1s, 30s);
  EXPECT_EQ(result.exit_code, -1);
  EXPECT_EQ(result.output, "Health check exceeded timeout (1s)");
}

TEST_F(ProberTest, ARuntimeThatStartsNothingIsNotWaitedForForEver) {
  const auto result = probe("exec sleep 100", 1s, 200ms);
  EXPECT_EQ(result.exit_code, -1);
  EXPECT_EQ(result.output, "the runtime did not start the health check");
}

TEST_F(ProberTest, ARuntimeThatFailsTellsWhy) {
  const auto result = probe("echo no such container; exit 1", 1s, 30s);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.output, "no such container\n");
}

}  // namespace
}  // namespace drydock::runtime
