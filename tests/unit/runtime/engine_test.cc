#include "runtime/engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/executor.h"
#include "runtime/engine/stop_signal.h"
#include "runtime/health.h"

namespace drydock::runtime {
namespace {

// Records actions as text; the test answers by hand.
class FakeExecutor final : public Executor {
 public:
  FakeExecutor(ExecutorEvents e, std::vector<std::string>* log) : events(std::move(e)), log_(log) {}
  void begin(std::shared_ptr<const TaskSpec> spec) override {
    log_->push_back("begin " + spec->task_id);
  }
  void perform(const std::string& id, const lifecycle::Action& a) override {
    static constexpr const char* kNames[] = {"network", "pull",  "start",
                                             "signal",  "probe", "release"};
    log_->push_back(kNames[a.index()] + (" " + id));
    if (on_perform) on_perform(id, a);
  }
  Adopted adopt(std::shared_ptr<const TaskSpec>, const TaskView&) override { return adopted; }
  void forget(const std::string& id) override { log_->push_back("forget " + id); }

  ExecutorEvents events;
  Adopted adopted;
  std::function<void(const std::string&, const lifecycle::Action&)> on_perform;

 private:
  std::vector<std::string>* log_;
};

class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    EngineHooks hooks;
    hooks.changed = [this](std::shared_ptr<const TaskView> v) { changes.push_back(std::move(v)); };
    hooks.network_gone = [this](const std::string& id) { log.push_back("gone " + id); };
    auto made = make_engine(loop, {false}, std::move(hooks),
                            [this](ExecutorEvents e) -> Result<std::unique_ptr<Executor>> {
                              auto x = std::make_unique<FakeExecutor>(std::move(e), &log);
                              executor = x.get();
                              return x;
                            });
    engine = std::move(*made);
  }
  static std::shared_ptr<TaskSpec> spec(const std::string& id) {
    auto s = std::make_shared<TaskSpec>();
    s->task_id = id;
    taskdef::ContainerDefinition c;
    c.name = "app";
    c.stop_timeout = 2;
    s->definition.containers = {c};
    return s;
  }
  void tell(const std::string& id, lifecycle::Event e) {
    executor->events.report(id, nullptr, std::move(e));
  }
  void bring_up(const std::string& id) {
    engine->run(spec(id));
    tell(id, lifecycle::NetworkReady{});
    tell(id, lifecycle::ImagePulled{0});
    tell(id, lifecycle::ContainerStarted{0, now()});
  }
  std::shared_ptr<const TaskView> view(const std::string& id) {
    return engine->world().get()->tasks.at(id);
  }

  Loop loop;
  std::vector<std::string> log;
  std::vector<std::shared_ptr<const TaskView>> changes;
  FakeExecutor* executor = nullptr;
  std::unique_ptr<Engine> engine;
};

TEST_F(EngineTest, ATaskIsVisibleAsSoonAsRunReturns) {
  engine->run(spec("t1"));
  EXPECT_EQ(view("t1")->last_status, TaskStatus::kProvisioning);
  EXPECT_THAT(log, testing::ElementsAre("begin t1", "network t1", "pull t1"));
}

TEST_F(EngineTest, WhatAContainerMayAskIsPublishedBeforeItIsStarted) {
  engine->run(spec("t1"));
  tell("t1", lifecycle::NetworkReady{});
  executor->on_perform = [&](const std::string& id, const lifecycle::Action& a) {
    if (std::holds_alternative<lifecycle::StartContainer>(a)) {
      EXPECT_EQ(view(id)->last_status, TaskStatus::kPending);
      EXPECT_EQ(view(id)->networks.at(0).address, "10.0.0.9");
      EXPECT_EQ(view(id)->containers[0].known, ContainerStatus::kPulled);
    }
  };
  executor->events.report(
      "t1", [](TaskFacts& f) { f.networks.emplace_back().address = "10.0.0.9"; },
      lifecycle::ImagePulled{0});
  EXPECT_EQ(log.back(), "start t1");
}

TEST_F(EngineTest, TheMetadataListenerGoesBeforeTheNetworkIsReleased) {
  bring_up("t1");
  tell("t1", lifecycle::ContainerExited{0, 0, false, now(), {}});
  ASSERT_GE(log.size(), 2u);
  EXPECT_EQ(log[log.size() - 2], "gone t1");
  EXPECT_EQ(log.back(), "release t1");
}

TEST_F(EngineTest, ForgetRefusesWhatRunsAndDropsWhatIsStopped) {
  bring_up("t1");
  EXPECT_EQ(engine->forget("t1").error().code, Errc::kBusy);
  EXPECT_EQ(engine->forget("nope").error().code, Errc::kNotFound);
  tell("t1", lifecycle::ContainerExited{0, 3, false, now(), {}});
  tell("t1", lifecycle::Released{});
  EXPECT_EQ(view("t1")->last_status, TaskStatus::kStopped);
  EXPECT_EQ(changes.back()->containers[0].exit_code, 3);
  EXPECT_TRUE(engine->forget("t1"));
  EXPECT_EQ(engine->world().get()->tasks.count("t1"), 0u);
  EXPECT_EQ(log.back(), "forget t1");
}

TEST_F(EngineTest, ANoteIsShownOnce) {
  engine->run(spec("t1"));
  engine->note("t1", "no credentials");
  const std::size_t told = changes.size();
  engine->note("t1", "no credentials");
  engine->note("ghost", "no credentials");
  EXPECT_EQ(changes.size(), told);
  EXPECT_THAT(view("t1")->notes, testing::ElementsAre("no credentials"));
}

TEST_F(EngineTest, LateAnswersForAForgottenTaskAreIgnored) {
  tell("ghost", lifecycle::NetworkReady{});
  EXPECT_TRUE(log.empty());
}

TEST_F(EngineTest, AnAdoptedTaskThatEndedMeanwhileIsReleased) {
  auto stored = std::make_shared<TaskView>();
  stored->spec = spec("t1");
  stored->last_status = TaskStatus::kRunning;
  stored->started_at = now();
  stored->containers.resize(1);
  stored->containers[0].name = "app";
  stored->containers[0].known = ContainerStatus::kRunning;
  executor->adopted.network_found = true;
  lifecycle::Found found;
  found.started = lifecycle::ContainerStarted{0, now()};
  found.exited = lifecycle::ContainerExited{0, 9, false, now(), {}};
  executor->adopted.containers = {found};
  engine->adopt(stored);
  EXPECT_EQ(view("t1")->containers[0].exit_code, 9);
  EXPECT_EQ(log.back(), "release t1");
}

TEST(StopSignal, KnowsNamesNumbersAndRealTimeSignals) {
  EXPECT_EQ(stop_signal("SIGQUIT"), 3);
  EXPECT_EQ(stop_signal("quit"), 3);
  EXPECT_EQ(stop_signal("9"), 9);
  EXPECT_EQ(stop_signal("SIGRTMIN+3"), 37);
  EXPECT_EQ(stop_signal("RTMAX-1"), 63);
  EXPECT_EQ(stop_signal(""), 15);
  EXPECT_EQ(stop_signal("SIGNONSENSE"), 15);
  EXPECT_EQ(stop_signal("4096"), 15);
}

TEST(ProbeArguments, FollowTheFirstWord) {
  using testing::ElementsAre;
  EXPECT_THAT(probe_arguments({"CMD", "curl", "-f", "x"}), ElementsAre("curl", "-f", "x"));
  EXPECT_THAT(probe_arguments({"CMD-SHELL", "curl x || exit 1"}),
              ElementsAre("/bin/sh", "-c", "curl x || exit 1"));
  EXPECT_THAT(probe_arguments({"curl x"}), ElementsAre("/bin/sh", "-c", "curl x"));
  EXPECT_TRUE(probe_arguments({"NONE"}).empty());
  EXPECT_TRUE(probe_arguments({}).empty());
}

}  // namespace
}  // namespace drydock::runtime
