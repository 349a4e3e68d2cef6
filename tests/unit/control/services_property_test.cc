#include <random>

#include "tests/unit/control/services_world.h"

namespace drydock::control::services {
namespace {

using testing::Health;
using testing::Phase;
using testing::World;
using namespace std::chrono_literals;

class Walk {
 public:
  explicit Walk(unsigned seed) : random_(seed), w(static_cast<int>(seed % 5) + 1) {
    w.checked = pick(2) == 0;
    w.service.breaker = pick(2) == 0;
    w.service.breaker_rollback = pick(2) == 0;
    bounds();
    w.check = [this](const Decision& d) { hold(d); };
  }

  void go() {
    for (int i = 0; i < 120 && !::testing::Test::HasFailure(); ++i) {
      happen();
      w.look();
    }
    for (auto& [id, t] : w.tasks) t.protected_until.reset();
    w.settle(60);
    if (w.primary().state == RolloutState::kFailed) {  // until somebody repairs it
      w.deploy("good");
      w.settle(60);
    }
    EXPECT_EQ(w.primary().state, RolloutState::kCompleted);
    EXPECT_EQ(w.service.deployments.size(), 1U);
    EXPECT_EQ(w.in(Phase::kRunning, w.primary().id).size(),
              static_cast<std::size_t>(w.service.desired));
    EXPECT_EQ(w.alive(), static_cast<std::size_t>(w.service.desired));
    EXPECT_TRUE(w.service.steady_at);
    EXPECT_LE(w.service.events.size(), kMostEvents);
  }

 private:
  int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  void bounds() {
    const std::pair<int, int> all[] = {{200, 100}, {100, 0}, {200, 50}, {150, 0}};
    std::tie(w.service.maximum_percent, w.service.minimum_percent) = all[pick(4)];
  }

  void happen() {
    w.now += std::chrono::milliseconds(pick(4000));
    if (const int what = pick(40); what == 0)
      w.deploy("rev-" + std::to_string(pick(1000)));
    else if (what == 1)
      w.service.desired = pick(7);
    else if (what == 2)
      bounds();
    for (auto& [id, t] : w.tasks) change(id, t);
  }

  void change(const std::string& id, TaskFacts& t) {
    const int what = pick(12);
    if (t.phase == Phase::kPending && what < 4) w.run(id);
    if (t.phase == Phase::kPending && what == 4) w.end(id);
    if (t.phase == Phase::kRunning && t.checked && what < 3) t.health = Health::kHealthy;
    if (t.phase == Phase::kRunning && t.checked && what == 4) t.health = Health::kUnhealthy;
    if (t.phase == Phase::kRunning && what == 5) w.end(id);
    if (t.phase == Phase::kRunning && what == 6) t.protected_until = w.now + 10s;
    if (t.phase == Phase::kStopping && what < 6) t.phase = Phase::kStopped;
  }

  bool healthy(const TaskFacts& t) const {
    if (t.phase != Phase::kRunning) return false;
    return t.checked ? t.health == Health::kHealthy
                     : w.now - *t.started_at >= w.settings.healthy_after;
  }

  // What must be true of every decision, whatever happened before.
  void hold(const Decision& d) {
    const Service& s = w.service;
    int total = 0, left_healthy = 0;
    bool stops_healthy = false;
    std::set<std::string> stops;
    for (const Stop& one : d.stops) EXPECT_TRUE(stops.insert(one.task).second) << one.task;
    for (const auto& [id, t] : w.tasks) {
      total += t.phase != Phase::kStopped;
      left_healthy += healthy(t) && !stops.count(id);
      if (!stops.count(id)) continue;
      stops_healthy |= healthy(t);
      EXPECT_FALSE(t.protected_until && *t.protected_until > w.now) << id << " is protected";
    }
    if (d.start > 0) {
      EXPECT_LE(total + d.start, s.desired * s.maximum_percent / 100);
    }
    bool led = d.service.deployments.front().state != RolloutState::kFailed;
    for (const Deployment& one : s.deployments) led |= one.state == RolloutState::kCompleted;
    if (stops_healthy && led) {
      EXPECT_GE(left_healthy, (s.desired * s.minimum_percent + 99) / 100);
    }
  }

  std::mt19937 random_;

 public:
  World w;
};

TEST(ServiceSchedulerProperties, BoundsHoldAndItConvergesWhateverHappens) {
  for (unsigned seed = 1; seed <= 400 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Walk(seed).go();
  }
}

TEST(ServiceSchedulerProperties, ARestartInBetweenChangesNothing) {
  for (unsigned seed = 1; seed <= 50 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Walk walk(seed);
    for (int i = 0; i < 10; ++i) {
      walk.w.settle(1);
      const Service before = walk.w.service;
      auto read = service_of(stored(before));
      ASSERT_TRUE(read);
      // What is read from settings is not in these services.
      read->maximum_percent = before.maximum_percent;
      read->minimum_percent = before.minimum_percent;
      read->breaker = before.breaker;
      read->breaker_rollback = before.breaker_rollback;
      const Decision a = schedule(before, walk.w.facts(), walk.w.now, walk.w.settings);
      const Decision b = schedule(*read, walk.w.facts(), walk.w.now, walk.w.settings);
      EXPECT_EQ(stored(a.service), stored(b.service));
      EXPECT_EQ(a.start, b.start);
      EXPECT_EQ(a.stops.size(), b.stops.size());
      walk.w.deploy("rev-" + std::to_string(i));
    }
  }
}

}  // namespace
}  // namespace drydock::control::services
