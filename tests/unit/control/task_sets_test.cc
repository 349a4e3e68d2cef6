#include <random>

#include "control/services/task_sets.h"
#include "tests/unit/control/services_world.h"

namespace drydock::control::services {
namespace {

using testing::Health;
using testing::Phase;
using testing::World;
using namespace std::chrono_literals;

using Ids = std::vector<std::string>;

// A service whose deployment controller is EXTERNAL.
class Sets : public World {
 public:
  explicit Sets(int desired) : World(desired) {
    service.settings = std::make_shared<const Json>(
        Json{{"deploymentController", {{"type", "EXTERNAL"}}}, {"schedulingStrategy", "REPLICA"}});
    read_settings(service);
    service.deployments.clear();
    service.history.clear();
    service.events.clear();
  }
  std::string create(double scale) {
    TaskSet set;
    set.deployment.id = "ecs-svc/" + std::to_string(100 + ++made_);
    set.deployment.revision = "rev-" + std::to_string(made_);
    set.deployment.created_at = set.stability_at = now;
    set.scale = scale;
    service.task_sets.push_back(set);
    return set.deployment.id;
  }
  TaskSet& set(const std::string& id) { return *task_set_named(service, id); }
  bool has(const std::string& id) { return task_set_named(service, id) != nullptr; }

 private:
  int made_ = 0;
};

TEST(TaskSets, HaveTheirShareOfTheCountRoundedUp) {
  Sets w(10);
  const std::string id = w.create(70);
  EXPECT_EQ(computed_count(w.service, w.set(id)), 7);
  w.set(id).scale = 71;
  EXPECT_EQ(computed_count(w.service, w.set(id)), 8);
  w.set(id).scale = 0.1;
  EXPECT_EQ(computed_count(w.service, w.set(id)), 1);
  w.set(id).scale = 0;
  EXPECT_EQ(computed_count(w.service, w.set(id)), 0);
  w.set(id).scale = 100;
  w.service.desired = 0;
  EXPECT_EQ(computed_count(w.service, w.set(id)), 0);
  w.service.desired = 3;
  w.set(id).status = "DRAINING";
  EXPECT_EQ(computed_count(w.service, w.set(id)), 0);
}

TEST(TaskSets, EachHasItsTasksAndBecomesSteady) {
  Sets w(4);
  const std::string blue = w.create(100), green = w.create(25);
  w.look();
  EXPECT_EQ(w.in(Phase::kPending, blue).size(), 4U);
  EXPECT_EQ(w.in(Phase::kPending, green).size(), 1U);
  EXPECT_FALSE(w.set(blue).steady_at);
  const Time before = w.now;
  w.settle(3);
  EXPECT_TRUE(w.set(blue).steady_at && w.set(green).steady_at);
  EXPECT_GT(w.set(blue).stability_at, before);
  EXPECT_EQ(w.events("(service web, taskSet " + blue + ") has reached a steady state."), 1);
  EXPECT_EQ(w.events("deployment completed"), 0);
  EXPECT_TRUE(w.service.deployments.empty());
  EXPECT_TRUE(w.service.history.empty());
}

TEST(TaskSets, ScalingStopsTheNewestOfThatSetAlone) {
  Sets w(4);
  const std::string blue = w.create(100), green = w.create(50);
  w.settle(3);
  w.set(blue).scale = 50;
  unsettle(w.set(blue), w.now);
  w.look();
  EXPECT_EQ(w.in(Phase::kStopping), (Ids{"t3", "t4"}));
  EXPECT_EQ(w.reasons.at("t4"), "Scaling activity initiated by (deployment " + blue + ")");
  EXPECT_EQ(w.in(Phase::kRunning, green).size(), 2U);
  EXPECT_FALSE(w.set(blue).steady_at);
  EXPECT_TRUE(w.set(green).steady_at);
  w.settle(3);
  EXPECT_TRUE(w.set(blue).steady_at);
  w.service.desired = 6;
  w.settle(3);
  EXPECT_EQ(w.in(Phase::kRunning, blue).size(), 3U);
  EXPECT_EQ(w.in(Phase::kRunning, green).size(), 3U);
}

TEST(TaskSets, ADrainingOneGoesWithItsLastTask) {
  Sets w(2);
  const std::string blue = w.create(100), green = w.create(100), empty = w.create(0);
  w.settle(3);
  w.set(blue).status = "DRAINING";
  w.set(empty).status = "DRAINING";
  w.look();
  EXPECT_TRUE(w.has(blue)) << "its tasks are stopping";
  EXPECT_FALSE(w.has(empty));
  w.settle(1);
  EXPECT_FALSE(w.has(blue));
  EXPECT_TRUE(w.has(green));
  EXPECT_EQ(w.alive(), 2U);
}

TEST(TaskSets, WhatFailsIsSlowedDownForItsSetAlone) {
  Sets w(1);
  const std::string bad = w.create(100);
  w.look();
  for (int i = 0; i < 4; ++i) {
    for (const auto& id : w.in(Phase::kPending)) w.end(id);
    w.look();
    EXPECT_TRUE(w.in(Phase::kPending).empty()) << "not at once";
    ASSERT_TRUE(w.next);
    w.now = *w.next;
    w.look();
  }
  EXPECT_EQ(w.set(bad).deployment.failed_tasks, 4);
  EXPECT_EQ(w.events("is unable to consistently start tasks successfully"), 1);
  const std::string good = w.create(100);
  w.look();
  EXPECT_EQ(w.in(Phase::kPending, good).size(), 1U);
}

TEST(TaskSets, UnhealthyTasksAreReplacedFirst) {
  Sets w(1);
  w.checked = true;
  w.create(100);
  w.settle(2);
  w.tasks.at("t1").health = Health::kUnhealthy;
  w.look();
  EXPECT_EQ(w.tasks.at("t1").phase, Phase::kRunning);
  EXPECT_EQ(w.in(Phase::kPending), Ids{"t2"});
  w.run("t2");
  w.tasks.at("t2").health = Health::kHealthy;
  w.look();
  EXPECT_EQ(w.reasons.at("t1"), "Task failed container health checks");
}

TEST(TaskSets, ATaskOfNoSetIsStopped) {
  Sets w(0);
  w.create(100);
  const std::string stray = w.add("ecs-svc/gone");
  w.look();
  EXPECT_EQ(w.tasks.at(stray).phase, Phase::kStopping);
}

TEST(TaskSets, GoWithTheirService) {
  Sets w(2);
  w.create(100);
  w.settle(2);
  w.service.status = "DRAINING";
  w.service.desired = 0;
  w.settle(2);
  EXPECT_EQ(w.service.status, "INACTIVE");
  EXPECT_TRUE(w.service.task_sets.empty());
  EXPECT_EQ(w.alive(), 0U);
}

// Whatever happens to sets and tasks: no protected task is chosen, no set gets more tasks than its
// bounds allow, and once nothing fails any more each has what it is to have. Storing it in between
// changes nothing.
TEST(TaskSets, ConvergeWhateverHappens) {
  for (unsigned seed = 1; seed <= 300 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    Sets w(pick(5) + 1);
    w.checked = pick(2) == 0;
    w.create(pick(101));
    w.check = [&](const Decision& d) {
      for (const Stop& one : d.stops) {
        const TaskFacts& t = w.tasks.at(one.task);
        EXPECT_FALSE(t.protected_until && *t.protected_until > w.now) << one.task;
      }
      if (d.start == 0) return;
      int alive = 0;
      for (const auto& [id, t] : w.tasks)
        alive += t.deployment == d.deployment && t.phase != Phase::kStopped;
      EXPECT_LE(alive + d.start, 2 * computed_count(w.service, w.set(d.deployment)));
    };
    for (int i = 0; i < 60; ++i) {
      w.now += std::chrono::milliseconds(pick(4000));
      if (const int what = pick(20); what == 0) {
        w.create(pick(101));
      } else if (what == 1) {
        w.service.desired = pick(7);
      } else if (!w.service.task_sets.empty() && what < 4) {
        TaskSet& set = w.service.task_sets[static_cast<std::size_t>(
            pick(static_cast<int>(w.service.task_sets.size())))];
        if (what == 2) set.scale = pick(101);
        if (what == 3) set.status = "DRAINING";
      }
      for (auto& [id, t] : w.tasks) {
        const int what = pick(12);
        if (t.phase == Phase::kPending && what < 4) w.run(id);
        if (t.phase <= Phase::kRunning && what == 5) w.end(id);
        if (t.phase == Phase::kRunning && t.checked && what < 3) t.health = Health::kHealthy;
        if (t.phase == Phase::kRunning && t.checked && what == 4) t.health = Health::kUnhealthy;
        if (t.phase == Phase::kRunning && what == 6) t.protected_until = w.now + 10s;
        if (t.phase == Phase::kStopping && what < 6) t.phase = Phase::kStopped;
      }
      w.look();
      auto read = service_of(stored(w.service));
      ASSERT_TRUE(read);
      EXPECT_EQ(stored(*read), stored(w.service));
      w.service = std::move(*read);
    }
    for (auto& [id, t] : w.tasks) t.protected_until.reset();
    w.settle(60);
    std::size_t wanted = 0;
    for (const TaskSet& set : w.service.task_sets) {
      EXPECT_NE(set.status, "DRAINING");
      EXPECT_TRUE(set.steady_at) << set.deployment.id;
      const int count = computed_count(w.service, set);
      EXPECT_EQ(w.in(Phase::kRunning, set.deployment.id).size(), static_cast<std::size_t>(count));
      wanted += static_cast<std::size_t>(count);
    }
    EXPECT_EQ(w.alive(), wanted);
    EXPECT_LE(w.service.events.size(), kMostEvents);
  }
}

}  // namespace
}  // namespace drydock::control::services
