#include "metadata/storage_meter.h"

#include <gtest/gtest.h>

#include <vector>

namespace drydock::metadata {
namespace {

using namespace std::chrono_literals;

// Files of one MiB each.
class StorageMeterTest : public ::testing::Test {
 protected:
  std::size_t files_ = 3;
  int counts_ = 0;
  std::vector<std::function<void()>> background_;
  StorageMeter meter_{
      [this](std::size_t most) {
        ++counts_;
        return StorageMeter::Count{std::min(files_, most) << 20, files_ <= most};
      },
      [this](std::function<void()> work) { background_.push_back(std::move(work)); }};

  void work() {
    auto all = std::move(background_);
    background_.clear();
    for (const auto& one : all) one();
  }
};

TEST_F(StorageMeterTest, TheFirstQuestionIsAnsweredAtOnceAndTheNextWithoutCounting) {
  const auto now = std::chrono::steady_clock::now();
  EXPECT_EQ(meter_.utilized_mib(now), 3);
  files_ = 9;
  EXPECT_EQ(meter_.utilized_mib(now + 1s), 3);
  EXPECT_EQ(counts_, 1);
  EXPECT_TRUE(background_.empty());
}

TEST_F(StorageMeterTest, AnOldCountIsShownWhileANewOneIsMade) {
  const auto now = std::chrono::steady_clock::now();
  EXPECT_EQ(meter_.utilized_mib(now), 3);
  files_ = 9;
  EXPECT_EQ(meter_.utilized_mib(now + 1min), 3);
  EXPECT_EQ(meter_.utilized_mib(now + 1min), 3);
  ASSERT_EQ(background_.size(), 1u);  // one at a time
  work();
  EXPECT_EQ(meter_.utilized_mib(now + 1min), 9);
}

TEST_F(StorageMeterTest, ATaskWithManyFilesIsCountedBeside) {
  files_ = 100'000;
  const auto now = std::chrono::steady_clock::now();
  EXPECT_LT(meter_.utilized_mib(now), 100'000);
  ASSERT_EQ(background_.size(), 1u);
  work();
  EXPECT_EQ(meter_.utilized_mib(now), 100'000);
  EXPECT_TRUE(background_.empty());
}

}  // namespace
}  // namespace drydock::metadata
