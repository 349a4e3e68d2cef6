#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/dry/dry_executor.h"
#include "runtime/engine/engine.h"

namespace drydock::runtime {
namespace {

using ::testing::HasSubstr;

// An engine over a dry executor; the loop runs on this thread until a task is as expected.
class DryTest : public ::testing::Test {
 protected:
  explicit DryTest(const std::vector<int>& used = {}) {
    EngineHooks hooks;
    hooks.changed = [this](const std::shared_ptr<const TaskView>& view) {
      if (expected && expected(*view)) loop.stop();
    };
    auto made = make_engine(
        loop, {true, true}, std::move(hooks),
        [&](ExecutorEvents e) -> Result<std::unique_ptr<Executor>> {
          auto x = std::make_unique<DryExecutor>(
              loop, DryNetwork(*netns::parse_subnet("10.9.0.0/28"), {}, used, "us-east-1"),
              std::move(e));
          dry = x.get();
          return x;
        });
    engine = std::move(*made);
  }
  static taskdef::ContainerDefinition container(const std::string& name) {
    taskdef::ContainerDefinition c;
    c.name = name;
    c.image = "some/" + name;
    return c;
  }
  static std::shared_ptr<TaskSpec> spec(const std::string& id,
                                        std::vector<taskdef::ContainerDefinition> containers) {
    auto s = std::make_shared<TaskSpec>();
    s->task_id = id;
    s->attachment_id = "att-" + id;
    s->definition.network_mode = "awsvpc";
    s->definition.containers = std::move(containers);
    return s;
  }
  std::shared_ptr<const TaskView> view(const std::string& id) const {
    return engine->world().get()->tasks.at(id);
  }
  std::shared_ptr<const TaskView> until(const std::string& id,
                                        const std::function<bool(const TaskView&)>& wanted) {
    if (!wanted(*view(id))) {
      expected = [&](const TaskView& v) { return v.spec->task_id == id && wanted(v); };
      const auto limit = loop.after(std::chrono::seconds(20), [this] {
        ADD_FAILURE() << "it took too long";
        loop.stop();
      });
      loop.run();
      expected = nullptr;
    }
    return view(id);
  }
  std::shared_ptr<const TaskView> reaches(const std::string& id, TaskStatus status) {
    return until(id, [=](const TaskView& v) { return v.last_status == status; });
  }

  Loop loop;
  DryExecutor* dry = nullptr;
  std::unique_ptr<Engine> engine;
  std::function<bool(const TaskView&)> expected;
};

TEST_F(DryTest, ATaskRunsWithAnAddressAndStopsWithACode) {
  auto app = container("app");
  app.docker_labels["drydock.dry.stop-code"] = "0";
  engine->run(spec("t1", {app, container("side")}));
  const auto running = reaches("t1", TaskStatus::kRunning);
  EXPECT_EQ(running->networks.at(0).address, "10.9.0.4");
  EXPECT_EQ(running->networks.at(0).subnet_cidr, "10.9.0.0/28");
  EXPECT_THAT(running->networks.at(0).eni_id, HasSubstr("eni-"));
  EXPECT_THAT(running->containers[0].image_digest, HasSubstr("sha256:"));
  EXPECT_NE(running->containers[0].image_digest, running->containers[1].image_digest);
  engine->stop("t1", {});
  const auto stopped = reaches("t1", TaskStatus::kStopped);
  EXPECT_EQ(stopped->containers[0].exit_code, 0);
  EXPECT_EQ(stopped->containers[1].exit_code, 143);
}

TEST_F(DryTest, AKilledOneHasTheKillersCode) {
  engine->run(spec("t1", {container("app")}));
  reaches("t1", TaskStatus::kRunning);
  StopRequest request;
  request.now = true;
  engine->stop("t1", request);
  EXPECT_EQ(reaches("t1", TaskStatus::kStopped)->containers[0].exit_code, 137);
}

TEST_F(DryTest, AddressesComeToAnEndAndBack) {
  // Of sixteen addresses four and the last are kept, as in a VPC.
  for (int i = 0; i < 11; ++i) {
    const std::string id = "t" + std::to_string(i);
    engine->run(spec(id, {container("app")}));
    reaches(id, TaskStatus::kRunning);
  }
  engine->run(spec("full", {container("app")}));
  EXPECT_THAT(reaches("full", TaskStatus::kStopped)->stopped_reason, HasSubstr("no free address"));
  engine->stop("t3", {});
  reaches("t3", TaskStatus::kStopped);
  engine->run(spec("again", {container("app")}));
  EXPECT_EQ(reaches("again", TaskStatus::kRunning)->networks.at(0).address, "10.9.0.7");
}

TEST_F(DryTest, PullsFailByName) {
  dry->fail_pulls("some/app:latest", "not there");
  engine->run(spec("t1", {container("app")}));
  const auto failed = reaches("t1", TaskStatus::kStopped);
  EXPECT_EQ(failed->stopped_reason, "CannotPullContainerError: not there");
  EXPECT_EQ(failed->stop_code, "TaskFailedToStart");
  dry->fail_pulls("some/app", "");
  engine->run(spec("t2", {container("app")}));
  reaches("t2", TaskStatus::kRunning);
}

TEST_F(DryTest, HealthIsBelievedAtOnce) {
  auto app = container("app");
  app.health_check = taskdef::HealthCheck{{"CMD", "true"}, 300, 5, 10, 300};
  engine->run(spec("t1", {app}));
  const auto is = [](Health h) { return [h](const TaskView& v) { return v.health == h; }; };
  until("t1", is(Health::kHealthy));
  EXPECT_TRUE(dry->set_health("t1", "", false, "it is ill"));
  EXPECT_EQ(until("t1", is(Health::kUnhealthy))->containers[0].health.output, "it is ill");
  EXPECT_TRUE(dry->set_health("t1", "app", true, ""));
  until("t1", is(Health::kHealthy));
}

TEST_F(DryTest, WhatIsNotThereIsNamed) {
  engine->run(spec("t1", {container("app"), container("side")}));
  EXPECT_THAT(dry->end_container("ghost", "app", {}).error().message, HasSubstr("task ghost"));
  EXPECT_EQ(dry->end_container("t1", "app", {}).error().code, Errc::kBusy);
  reaches("t1", TaskStatus::kRunning);
  EXPECT_THAT(dry->end_container("t1", "", {}).error().message, HasSubstr("app, side"));
  EXPECT_EQ(dry->set_health("t1", "app", false, "").error().code, Errc::kInvalid);
}

class DryAdoption : public DryTest {
 protected:
  DryAdoption() : DryTest({9}) {}
};

TEST_F(DryAdoption, ATaskRunsOnAndKeepsItsAddress) {
  auto app = container("app");
  app.docker_labels["drydock.dry.exit-after"] = "1ms";
  app.docker_labels["drydock.dry.exit-code"] = "7";
  auto stored = std::make_shared<TaskView>();
  stored->spec = spec("t1", {app, container("side")});
  stored->last_status = TaskStatus::kRunning;
  stored->started_at = now();
  stored->networks.resize(1);
  stored->networks[0].slot = 9;
  stored->networks[0].address = "10.9.0.9";
  for (const char* const name : {"app", "side"}) {
    auto& c = stored->containers.emplace_back();
    c.name = name;
    c.known = ContainerStatus::kRunning;
    c.started_at = now();
  }
  engine->adopt(stored);
  EXPECT_EQ(view("t1")->last_status, TaskStatus::kRunning);
  EXPECT_EQ(view("t1")->networks.at(0).address, "10.9.0.9");
  const auto ended = reaches("t1", TaskStatus::kStopped);  // its time was up meanwhile
  EXPECT_EQ(ended->containers[0].exit_code, 7);
  EXPECT_EQ(ended->containers[1].exit_code, 143);
}

TEST(DryRules, OfLabelsThenOfTheEnvironment) {
  taskdef::ContainerDefinition c;
  EXPECT_EQ(dry_rules(c), DryRules{});
  c.environment = {{"DRYDOCK_DRY_EXIT_AFTER", "2s"},
                   {"DRYDOCK_DRY_EXIT_CODE", "3"},
                   {"DRYDOCK_DRY_HEALTH", "unhealthy"}};
  c.docker_labels = {{"drydock.dry.exit-code", "4"}};
  const DryRules rules = dry_rules(c);
  EXPECT_EQ(rules.exit_after, std::chrono::seconds(2));
  EXPECT_EQ(rules.exit_code, 4);
  EXPECT_EQ(rules.stop_code, 143);
  EXPECT_FALSE(rules.healthy);
}

TEST(DryRules, WhatCannotBeReadIsNoted) {
  taskdef::TaskDefinition task;
  task.containers.resize(1);
  task.containers[0].name = "app";
  task.containers[0].docker_labels = {{"drydock.dry.exit-after", "soon"},
                                      {"drydock.dry.exit-code", "300"},
                                      {"drydock.dry.health", "ill"}};
  const auto notes = dry_notes(task);
  ASSERT_EQ(notes.size(), 4u);
  EXPECT_THAT(notes[1], HasSubstr("app: drydock.dry.exit-after is \"soon\""));
  EXPECT_EQ(dry_rules(task.containers[0]), DryRules{});
}

}  // namespace
}  // namespace drydock::runtime
