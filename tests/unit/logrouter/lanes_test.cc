#include "logrouter/lanes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

namespace drydock::logrouter {
namespace {

// Work that waits until it is let go.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  bool open = false;

  void pass() {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    changed.wait(lock, [this] { return open; });
  }
  void wait_for(int n) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return inside >= n; }));
  }
  void let_go() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
};

TEST(Lanes, AnAddressThatHangsHoldsUpNoOther) {
  Gate gate;
  Lanes lanes;
  for (int address = 0; address < 5; ++address)
    for (int i = 0; i < 50; ++i)
      lanes.post("hangs" + std::to_string(address), [&gate] { gate.pass(); });
  gate.wait_for(5 * Lanes::Limits{}.each);
  for (int i = 0; i < 100; ++i) {
    std::promise<void> done;
    lanes.post("well", [&done] { done.set_value(); });
    ASSERT_EQ(done.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready) << i;
  }
  gate.let_go();
}

TEST(Lanes, OneAddressHasFewThreadsAndGetsAllItsWorkDone) {
  std::atomic<int> at_once{0}, most{0}, done{0};
  std::promise<void> all;
  {
    Lanes lanes({.each = 3, .all = 100, .idle_s = 1});
    for (int i = 0; i < 1000; ++i)
      lanes.post("one", [&] {
        const int now = ++at_once;
        int before = most;
        while (now > before && !most.compare_exchange_weak(before, now)) continue;
        --at_once;
        if (++done == 1000) all.set_value();
      });
    ASSERT_EQ(all.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  }
  EXPECT_LE(most, 3);
}

TEST(Lanes, WithoutAThreadToSpareWorkWaitsForAnotherThatEnds) {
  Gate gate;
  std::promise<void> done;
  Lanes lanes({.each = 2, .all = 2, .idle_s = 1});
  lanes.post("a", [&gate] { gate.pass(); });
  lanes.post("b", [&gate] { gate.pass(); });
  gate.wait_for(2);
  lanes.post("c", [&done] { done.set_value(); });
  auto ended = done.get_future();
  EXPECT_EQ(ended.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  gate.let_go();
  EXPECT_EQ(ended.wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST(Lanes, ThreadsThatIdleEndAndOthersAreMadeLater) {
  Lanes lanes({.each = 4, .all = 8, .idle_s = 0});
  for (int round = 0; round < 200; ++round) {
    std::promise<void> done;
    lanes.post("x", [&done] { done.set_value(); });
    ASSERT_EQ(done.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  }
}

}  // namespace
}  // namespace drydock::logrouter
