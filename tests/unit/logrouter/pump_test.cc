#include "logrouter/pump.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <condition_variable>
#include <mutex>

#include "base/files.h"
#include "logrouter/checkpoint.h"
#include "logrouter/journal.h"

namespace drydock::logrouter {
namespace {

// What a destination got, and what it is told to answer. Shared by all destinations of a test.
struct Desk {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> got;
  std::deque<Answer> answers;  // for the next batches; then everything is accepted
  Destination::Appetite appetite;

  void wait_for(std::size_t lines) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] {
      return got.size() >= lines;
    })) << got.size();
  }
};

class Fake final : public Destination {
 public:
  explicit Fake(std::shared_ptr<Desk> desk) : desk_(std::move(desk)) {}
  void deliver(std::shared_ptr<const Batch> batch, Done done) override {
    const std::lock_guard lock(desk_->mutex);
    Answer answer;
    if (!desk_->answers.empty()) {
      answer = desk_->answers.front();
      desk_->answers.pop_front();
    }
    std::size_t taken = batch->entries.size();
    if (answer.kind != Answer::Kind::kAccepted) taken = answer.accepted;
    for (std::size_t i = 0; i < taken; ++i) desk_->got.push_back(batch->entries[i].text);
    done(answer);
    desk_->changed.notify_all();
  }
  Appetite appetite() const override { return desk_->appetite; }

 private:
  std::shared_ptr<Desk> desk_;
};

class PumpTest : public testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/drydock-pump-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    folder_ = folder;
  }
  void TearDown() override { (void)remove_tree(folder_); }

  Pump::Job job(const std::string& container) {
    Pump::Job j;
    j.source.task_id = "t1";
    j.source.container = container;
    j.source.journal = folder_ + "/" + container;
    j.destination = "fake";
    j.make = [desk = desk_](const DriverRoom&,
                            const LogSource&) -> Result<std::unique_ptr<Destination>> {
      return std::make_unique<Fake>(desk);
    };
    return j;
  }
  std::unique_ptr<Pump> pump() {
    auto started = Pump::start({});
    EXPECT_TRUE(started);
    return std::move(*started);
  }
  JournalWriter writer(const std::string& container) {
    auto opened = JournalWriter::open(folder_ + "/" + container, {});
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  static void write(JournalWriter& w, int from, int to) {
    for (int i = from; i < to; ++i)
      w.append(Stream::kStdout, now(), "line " + std::to_string(i) + "\n");
    w.flush(now());
  }
  // All delivered, and the delivery ended.
  static void drain(Pump& p) {
    std::promise<void> done;
    p.when_drained("t1", "fake", {std::chrono::seconds(30)}, [&done] { done.set_value(); });
    done.get_future().wait();
    EXPECT_TRUE(p.report().empty());
  }
  void expect_lines(int count) {
    const std::lock_guard lock(desk_->mutex);
    ASSERT_EQ(desk_->got.size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
      EXPECT_EQ(desk_->got[static_cast<std::size_t>(i)], "line " + std::to_string(i));
  }

  std::string folder_;
  std::shared_ptr<Desk> desk_ = std::make_shared<Desk>();
};

TEST_F(PumpTest, WhatIsWrittenArrivesWhileItIsWrittenAndTheEndIsTold) {
  auto p = pump();
  p->add(job("app"));
  auto w = writer("app");
  write(w, 0, 10);
  desk_->wait_for(10);
  write(w, 10, 5000);
  p->finish("t1", "app");
  drain(*p);
  expect_lines(5000);
}

TEST_F(PumpTest, ALaterPumpGoesOnWhereThisOneCame) {
  auto w = writer("app");
  write(w, 0, 100);
  {
    auto p = pump();
    p->add(job("app"));
    desk_->wait_for(100);
    // Its answer has been heard when a second round over the thread is done.
    while (p->report().at(0).behind > 0) continue;
  }
  write(w, 100, 200);
  auto p = pump();
  p->add(job("app"));
  p->finish("t1", "app");
  drain(*p);
  expect_lines(200);
}

TEST_F(PumpTest, ABatchThatIsNotTakenComesAgainFromWhereItWasAccepted) {
  desk_->answers = {Answer::later("busy"), Answer::later("busy", 30), Answer{}};
  auto w = writer("app");
  write(w, 0, 100);
  auto p = pump();
  p->add(job("app"));
  p->finish("t1", "app");
  drain(*p);
  expect_lines(100);
}

TEST_F(PumpTest, WhatIsRefusedIsPassedOverAndCounted) {
  Answer refusal = Answer::refusal("too old");
  refusal.accepted = 10;
  refusal.refused = 5;
  desk_->answers = {refusal};
  auto w = writer("app");
  write(w, 0, 20);
  std::promise<std::string> told;
  Pump::Options options;
  options.tell = [&](const std::string& task, const std::string& text) {
    told.set_value(task + " " + text);
  };
  auto p = Pump::start(std::move(options));
  ASSERT_TRUE(p);
  (*p)->add(job("app"));
  (*p)->finish("t1", "app");
  drain(**p);
  EXPECT_EQ(told.get_future().get(), "t1 log of t1/app: fake refused 5 lines: too old");
  const std::lock_guard lock(desk_->mutex);
  ASSERT_EQ(desk_->got.size(), 15u);
  EXPECT_EQ(desk_->got[9], "line 9");
  EXPECT_EQ(desk_->got[10], "line 15");
}

TEST_F(PumpTest, WhatIsHeldBackComesAgainWithWhatFollows) {
  Answer held;
  held.kind = Answer::Kind::kHeld;
  held.accepted = 8;
  desk_->answers = {held};
  auto p = pump();
  p->add(job("app"));
  auto w = writer("app");
  write(w, 0, 10);
  p->finish("t1", "app");
  drain(*p);
  expect_lines(10);
}

TEST_F(PumpTest, WhatATaskLeavesBehindIsToldAtItsEnd) {
  for (int i = 0; i < 1000; ++i) desk_->answers.push_back(Answer::later("nobody there"));
  auto p = pump();
  p->add(job("app"));
  p->add(job("well"));
  auto w = writer("app");
  write(w, 0, 1);
  p->finish("t1", "app");
  p->finish("t1", "well");
  std::promise<std::vector<std::string>> left;
  p->when_settled("t1", {}, [&left](std::vector<std::string> all) { left.set_value(all); });
  const auto all = left.get_future().get();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_TRUE(all[0].starts_with("container app: fake has not taken ")) << all[0];
  EXPECT_TRUE(
      all[0].ends_with(" of its log yet (nobody there); they are kept and sent when it does"))
      << all[0];
}

TEST_F(PumpTest, OneThatTakesNothingHoldsUpNobodyElse) {
  auto stuck = job("stuck");
  stuck.make = [](const DriverRoom&, const LogSource&) -> Result<std::unique_ptr<Destination>> {
    class Deaf final : public Destination {
      void deliver(std::shared_ptr<const Batch>, Done) override {}
    };
    return std::make_unique<Deaf>();
  };
  auto p = pump();
  p->add(stuck);
  p->add(job("app"));
  auto w1 = writer("stuck");
  auto w2 = writer("app");
  write(w1, 0, 10000);
  write(w2, 0, 10000);
  desk_->wait_for(10000);
  p->abandon("t1", "");
  drain(*p);
  EXPECT_EQ(Checkpoint::read(Checkpoint::file(folder_ + "/stuck", "fake")), Checkpoint::kReleased);
}

TEST_F(PumpTest, AContainerRestartedInPlaceIsDeliveredOn) {
  auto p = pump();
  p->add(job("app"));
  auto w = writer("app");
  write(w, 0, 10);
  p->finish("t1", "app");
  p->add(job("app"));
  write(w, 10, 20);
  p->finish("t1", "app");
  drain(*p);
  expect_lines(20);
}

TEST_F(PumpTest, ALineWithoutAnEndIsDeliveredAtTheEnd) {
  ASSERT_TRUE(make_dirs(folder_ + "/app"));
  const std::string text = header_record(now(), 0) + rfc3339_nano(now()) + " stdout P half\n";
  ASSERT_TRUE(write_file_atomic(folder_ + "/app/" + segment_name(0), text));
  auto p = pump();
  p->add(job("app"));
  p->finish("t1", "app");
  drain(*p);
  const std::lock_guard lock(desk_->mutex);
  EXPECT_EQ(desk_->got, std::vector<std::string>{"half"});
}

TEST_F(PumpTest, OneThatGathersGetsMoreAtOnce) {
  desk_->appetite.gather = std::chrono::hours(1);
  desk_->appetite.entries = 50;
  auto p = pump();
  p->add(job("app"));
  auto w = writer("app");
  for (int i = 0; i < 120; ++i) write(w, i, i + 1);
  desk_->wait_for(100);
  {
    const std::lock_guard lock(desk_->mutex);
    EXPECT_EQ(desk_->got.size(), 100u);  // the rest waits for more, or for the end
  }
  p->finish("t1", "app");
  drain(*p);
  expect_lines(120);
}

TEST(Checkpoint, KeepsTheNewestPlaceThatIsWhole) {
  char folder[] = "/tmp/drydock-checkpoint-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string path = Checkpoint::file(folder, "x");
  EXPECT_EQ(path, std::string(folder) + "/delivered.x");
  EXPECT_FALSE(Checkpoint::read(path));
  {
    auto c = Checkpoint::open(path);
    ASSERT_TRUE(c);
    EXPECT_FALSE(c->position());
    for (std::uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(c->save({i * 100, i}));
  }
  EXPECT_EQ(Checkpoint::read(path), (Position{500, 5}));
  auto text = read_file(path);
  ASSERT_TRUE(text);
  const std::size_t newest = text->find("00500 ");
  (*text)[newest] = '7';  // torn
  ASSERT_TRUE(write_file_atomic(path, *text));
  auto again = Checkpoint::open(path);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->position(), (Position{400, 4}));
  ASSERT_TRUE(again->save({900, 9}));
  EXPECT_EQ(Checkpoint::read(path), (Position{900, 9}));
  (void)remove_tree(folder);
}

}  // namespace
}  // namespace drydock::logrouter
