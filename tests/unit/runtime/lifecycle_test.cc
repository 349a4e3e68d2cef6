#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "runtime/lifecycle/restore.h"
#include "runtime/lifecycle/step.h"

namespace drydock::runtime::lifecycle {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using taskdef::Condition;

taskdef::ContainerDefinition container(std::string name, bool essential = true) {
  taskdef::ContainerDefinition c;
  c.name = std::move(name);
  c.essential = essential;
  return c;
}

taskdef::TaskDefinition definition(std::vector<taskdef::ContainerDefinition> containers) {
  taskdef::TaskDefinition d;
  d.family = "f";
  d.containers = std::move(containers);
  return d;
}

// A task, a clock set by hand, and the actions so far as text.
class Life {
 public:
  explicit Life(const taskdef::TaskDefinition& d, bool early = false)
      : state(initial_state(d, early)) {}

  std::string on(const Event& e) {
    Step s = step(std::move(state), e, now);
    state = std::move(s.state);
    std::string text;
    for (const Action& a : s.actions) text += (text.empty() ? "" : "; ") + describe(a);
    return text;
  }
  // To RUNNING, or as far as dependencies allow.
  void up() {
    on(Begin{});
    on(NetworkReady{});
    for (std::size_t i = 0; i < state.containers.size(); ++i) on(ImagePulled{i});
    for (bool more = true; more;) {
      more = false;
      for (std::size_t i = 0; i < state.containers.size(); ++i)
        if (state.containers[i].starting) {
          on(ContainerCreated{i});
          on(ContainerStarted{i, now});
          more = true;
        }
    }
  }
  std::string exit(std::size_t i, int code, bool oom = false) {
    return on(ContainerExited{i, code, oom, now, {}});
  }
  std::string wait(Duration d) {
    now += d;
    return on(Tick{});
  }
  std::string name(std::size_t i) const { return state.containers[i].rules.name; }
  std::string describe(const Action& action) const {
    struct Visitor {
      const Life& life;
      std::string operator()(const AcquireNetwork&) const { return "network"; }
      std::string operator()(const PullImage& a) const { return "pull " + life.name(a.container); }
      std::string operator()(const StartContainer& a) const {
        return (a.again ? "restart " : "start ") + life.name(a.container);
      }
      std::string operator()(const SignalContainer& a) const {
        return (a.kill ? "kill " : "stop ") + life.name(a.container);
      }
      std::string operator()(const Probe& a) const { return "probe " + life.name(a.container); }
      std::string operator()(const ReleaseTask&) const { return "release"; }
    };
    return std::visit(Visitor{*this}, action);
  }

  TaskState state;
  Time now{seconds{1'000'000}};
};

TEST(Lifecycle, ATaskGoesFromProvisioningToStoppedInFiveVersions) {
  Life t(definition({container("app")}));
  EXPECT_EQ(t.on(Begin{}), "network; pull app");
  EXPECT_EQ(t.state.last_status, TaskStatus::kProvisioning);
  EXPECT_EQ(t.on(NetworkReady{}), "");
  EXPECT_EQ(t.state.last_status, TaskStatus::kPending);
  EXPECT_EQ(t.on(ImagePulled{0}), "start app");
  EXPECT_EQ(t.on(ContainerCreated{0}), "");
  EXPECT_EQ(t.on(ContainerStarted{0, t.now}), "");
  EXPECT_EQ(t.state.last_status, TaskStatus::kRunning);
  EXPECT_EQ(t.exit(0, 0), "release");
  EXPECT_EQ(t.state.last_status, TaskStatus::kDeprovisioning);
  t.on(Released{});
  EXPECT_EQ(t.state.last_status, TaskStatus::kStopped);
  EXPECT_EQ(t.state.stop_code, "EssentialContainerExited");
  EXPECT_EQ(t.state.stopped_reason, "Essential container in task exited");
  EXPECT_EQ(t.state.containers[0].exit_code, 0);
  EXPECT_EQ(t.state.version, 5);
  EXPECT_EQ(t.state.attachment_status, "DELETED");
}

TEST(Lifecycle, RunningWaitsForThePublishedPorts) {
  Life t(definition({container("app")}));
  t.on(Begin{});
  t.on(NetworkReady{true});
  t.on(ImagePulled{0});
  t.on(ContainerStarted{0, t.now});
  EXPECT_EQ(t.state.last_status, TaskStatus::kPending);
  t.on(PortsPublished{});
  EXPECT_EQ(t.state.last_status, TaskStatus::kRunning);
}

TEST(Lifecycle, AFailedPullStopsTheWholeTaskInFourVersionsAndWithoutPullTimes) {
  Life t(definition({container("app"), container("side", false)}));
  t.on(Begin{});
  t.on(NetworkReady{});
  EXPECT_EQ(t.on(ImagePulled{0}), "start app");
  t.on(ContainerStarted{0, t.now});
  EXPECT_EQ(t.on(PullFailed{1, "CannotPullContainerError: not found"}), "stop app");
  EXPECT_EQ(t.state.last_status, TaskStatus::kDeprovisioning);
  EXPECT_EQ(t.exit(0, 143), "release");
  t.on(Released{});
  EXPECT_EQ(t.state.stopped_reason, "CannotPullContainerError: not found");
  EXPECT_EQ(t.state.stop_code, "TaskFailedToStart");
  EXPECT_FALSE(t.state.pull_started_at);
  EXPECT_FALSE(t.state.started_at);
  EXPECT_FALSE(t.state.containers[1].exit_code);
  EXPECT_EQ(t.state.version, 4);
}

TEST(Lifecycle, AContainerWaitsUntilItsDependencyIsHealthy) {
  auto web = container("web");
  web.health_check = taskdef::HealthCheck{{"CMD", "x"}, 5, 2, 3, 0};
  auto visitor = container("visitor");
  visitor.depends_on = {{"web", Condition::kHealthy}};
  Life t(definition({web, visitor}), true);
  t.up();
  EXPECT_EQ(t.state.last_status, TaskStatus::kPending);
  EXPECT_EQ(t.wait(milliseconds{99}), "");
  EXPECT_EQ(t.wait(milliseconds{1}), "probe web");
  EXPECT_EQ(t.on(Probed{0, 1, "no"}), "");
  EXPECT_EQ(t.state.containers[0].failures, 0) << "early failures do not count";
  EXPECT_EQ(t.wait(milliseconds{200}), "probe web");
  EXPECT_EQ(t.on(Probed{0, 0, "ok"}), "start visitor");
  t.on(ContainerStarted{1, t.now});
  EXPECT_EQ(t.state.last_status, TaskStatus::kRunning);
  EXPECT_EQ(t.state.containers[0].health.status, Health::kHealthy);
}

TEST(Lifecycle, ThreeCountedFailuresMakeUnhealthyAndOneSuccessHeals) {
  auto web = container("web");
  web.health_check = taskdef::HealthCheck{{"CMD", "x"}, 5, 2, 3, 0};
  Life t(definition({web}));
  t.up();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(t.state.containers[0].health.status, Health::kUnknown);
    EXPECT_EQ(t.wait(seconds{5}), "probe web");
    t.on(Probed{0, 7, "down"});
  }
  EXPECT_EQ(t.state.containers[0].health.status, Health::kUnhealthy);
  EXPECT_EQ(t.state.containers[0].health.exit_code, 7);
  EXPECT_EQ(task_health(t.state), Health::kUnhealthy);
  EXPECT_EQ(t.state.last_status, TaskStatus::kRunning) << "a standalone task keeps running";
  EXPECT_EQ(t.wait(seconds{5}), "probe web");
  t.on(Probed{0, 0, ""});
  EXPECT_EQ(task_health(t.state), Health::kHealthy);
}

TEST(Lifecycle, FailuresInsideTheStartPeriodDoNotCountUntilTheFirstSuccess) {
  auto web = container("web");
  web.health_check = taskdef::HealthCheck{{"CMD", "x"}, 5, 2, 1, 60};
  Life t(definition({web}));
  t.up();
  t.wait(seconds{5});
  t.on(Probed{0, 1, ""});
  EXPECT_EQ(t.state.containers[0].health.status, Health::kUnknown);
  t.wait(seconds{5});
  t.on(Probed{0, 0, ""});
  t.wait(seconds{5});
  t.on(Probed{0, 1, ""});
  EXPECT_EQ(t.state.containers[0].health.status, Health::kUnhealthy);
}

TEST(Lifecycle, SuccessIsNeverReachedAfterANonZeroExitAndTheTargetGets143) {
  auto init = container("init", false);
  auto app = container("app");
  app.depends_on = {{"init", Condition::kSuccess}};
  Life t(definition({app, init}));
  t.up();
  EXPECT_EQ(t.exit(1, 3), "release");
  EXPECT_EQ(t.state.containers[0].exit_code, 143);
  EXPECT_THAT(
      t.state.containers[0].reason,
      testing::StartsWith(
          "CannotStartContainerError: dependency graph: failed to resolve container ordering "
          "dependency [init] for target [app] as dependency did not exit successfully."));
  EXPECT_EQ(t.state.stop_code, "TaskFailedToStart");
}

TEST(Lifecycle, StartIsSatisfiedByADependencyThatHasAlreadyEnded) {
  auto init = container("init", false);
  auto app = container("app");
  app.depends_on = {{"init", Condition::kStart}};
  Life t(definition({init, app}));
  t.on(Begin{});
  t.on(NetworkReady{});
  t.on(ImagePulled{0});
  t.on(ContainerStarted{0, t.now});
  t.exit(0, 9);
  EXPECT_EQ(t.on(ImagePulled{1}), "start app");
}

TEST(Lifecycle, CompleteWaitsForTheEndWhateverTheCode) {
  auto init = container("init", false);
  auto app = container("app");
  app.depends_on = {{"init", Condition::kComplete}};
  Life t(definition({init, app}));
  t.up();
  EXPECT_FALSE(t.state.containers[1].starting);
  EXPECT_EQ(t.exit(0, 5), "start app");
}

TEST(Lifecycle, StartTimeoutOfTheDependencyFailsTheTargetOnly) {
  auto slow = container("slow", false);
  slow.start_timeout = 10;
  auto app = container("app", false);
  app.depends_on = {{"slow", Condition::kSuccess}};
  auto main = container("main");
  Life t(definition({slow, app, main}));
  t.up();
  EXPECT_EQ(next_deadline(t.state), t.now + seconds{10});
  EXPECT_EQ(t.wait(seconds{10}), "");
  EXPECT_EQ(t.state.containers[1].exit_code, 143);
  EXPECT_THAT(t.state.containers[1].reason, testing::HasSubstr("timed out"));
  EXPECT_EQ(t.state.containers[0].known, ContainerStatus::kRunning);
  EXPECT_EQ(t.state.last_status, TaskStatus::kRunning);
}

TEST(Lifecycle, StopGoesInReverseDependencyOrderEachWithItsOwnTimeout) {
  auto db = container("db");
  auto app = container("app");
  app.depends_on = {{"db", Condition::kStart}};
  app.stop_timeout = 2;
  auto side = container("side", false);
  Life t(definition({db, app, side}));
  t.up();
  EXPECT_EQ(t.on(StopRequested{"UserInitiated", "enough", false}), "stop app; stop side");
  EXPECT_EQ(t.state.last_status, TaskStatus::kStopping);
  EXPECT_EQ(t.wait(seconds{2}), "kill app");
  EXPECT_EQ(t.exit(2, 0), "");
  EXPECT_EQ(t.exit(1, 137), "stop db");
  EXPECT_EQ(t.wait(seconds{29}), "");
  EXPECT_EQ(t.wait(seconds{1}), "kill db");
  EXPECT_EQ(t.exit(0, 137), "release");
  t.on(Released{});
  EXPECT_EQ(t.state.stop_code, "UserInitiated");
  EXPECT_EQ(t.state.stopped_reason, "enough");
}

TEST(Lifecycle, StopNowKillsEverythingAtOnceAlsoWhenAStopIsUnderWay) {
  auto db = container("db");
  auto app = container("app");
  app.depends_on = {{"db", Condition::kStart}};
  Life t(definition({db, app}));
  t.up();
  EXPECT_EQ(t.on(StopRequested{"UserInitiated", "", false}), "stop app");
  EXPECT_EQ(t.on(StopRequested{"UserInitiated", "", true}), "kill db; kill app");
}

TEST(Lifecycle, AStopWhileTheNetworkIsBeingMadeReleasesItWhenItIsThere) {
  Life t(definition({container("app")}));
  t.on(Begin{});
  EXPECT_EQ(t.on(StopRequested{"UserInitiated", "x", false}), "");
  EXPECT_EQ(t.state.last_status, TaskStatus::kDeprovisioning);
  EXPECT_EQ(t.on(NetworkReady{}), "release");
  t.on(Released{});
  EXPECT_EQ(t.state.last_status, TaskStatus::kStopped);
  EXPECT_FALSE(t.state.containers[0].exit_code);
}

TEST(Lifecycle, AStopWhileAContainerStartsWaitsForItAndThenStopsIt) {
  Life t(definition({container("app")}));
  t.on(Begin{});
  t.on(NetworkReady{});
  t.on(ImagePulled{0});
  EXPECT_EQ(t.on(StopRequested{"UserInitiated", "x", false}), "");
  EXPECT_EQ(t.on(ContainerStarted{0, t.now}), "stop app");
  EXPECT_EQ(t.exit(0, 143), "release");
}

TEST(Lifecycle, AFailedNetworkStopsTheTaskAndStillReleasesTheRest) {
  Life t(definition({container("app")}));
  t.on(Begin{});
  EXPECT_EQ(t.on(NetworkFailed{"no free address"}), "release");
  t.on(Released{});
  EXPECT_EQ(t.state.last_status, TaskStatus::kStopped);
  EXPECT_THAT(t.state.stopped_reason, testing::StartsWith("ResourceInitializationError: "));
}

TEST(Lifecycle, AFailedStartOfANonEssentialContainerLetsTheTaskGoOn) {
  Life t(definition({container("app"), container("side", false)}));
  t.on(Begin{});
  t.on(NetworkReady{});
  t.on(ImagePulled{0});
  t.on(ImagePulled{1});
  t.on(ContainerStarted{0, t.now});
  EXPECT_EQ(t.on(StartFailed{1, StartError::kStart, "exec: \"x\": not found"}), "");
  EXPECT_EQ(t.state.last_status, TaskStatus::kRunning);
  EXPECT_EQ(t.state.containers[1].reason, "CannotStartContainerError: exec: \"x\": not found");
  EXPECT_FALSE(t.state.containers[1].exit_code);
}

TEST(Lifecycle, OutOfMemoryIsAReasonAndAPlainExitIsNone) {
  Life t(definition({container("a"), container("b", false)}));
  t.up();
  t.exit(1, 1);
  EXPECT_EQ(t.state.containers[1].reason, "");
  t.exit(0, 137, true);
  EXPECT_EQ(t.state.containers[0].reason, "OutOfMemoryError: Container killed due to memory usage");
}

TEST(Lifecycle, ARestartPolicyRestartsOnlyAfterItsPeriodAndNotForIgnoredCodes) {
  auto app = container("app");
  app.restart_policy = taskdef::RestartPolicy{true, {42}, 60};
  Life t(definition({app}));
  t.up();
  t.now += seconds{60};
  EXPECT_EQ(t.exit(0, 0), "restart app");
  EXPECT_EQ(t.state.last_status, TaskStatus::kRunning);
  t.on(ContainerStarted{0, t.now});
  EXPECT_EQ(t.state.containers[0].restart_count, 1);
  t.now += seconds{61};
  EXPECT_EQ(t.exit(0, 42), "release") << "an ignored code ends it";

  Life early(definition({app}));
  early.up();
  early.now += seconds{59};
  EXPECT_EQ(early.exit(0, 1), "release");
}

TEST(Lifecycle, AHealthyTaskNeedsEveryEssentialContainerToHaveAHealthyCheck) {
  auto a = container("a");
  a.health_check = taskdef::HealthCheck{{"CMD", "x"}, 5, 2, 3, 0};
  Life t(definition({a, container("b")}));
  t.up();
  t.wait(seconds{5});
  t.on(Probed{0, 0, ""});
  EXPECT_EQ(task_health(t.state), Health::kUnknown);
}

// Every pair of status and event is expected or ignored; an ignored one changes nothing and asks
// for nothing.
TEST(Lifecycle, AnUnexpectedEventIsIgnored) {
  const std::vector<Event> events = {Begin{},
                                     NetworkReady{},
                                     NetworkFailed{"x"},
                                     Released{},
                                     ImagePulled{0},
                                     PullFailed{0, "x"},
                                     ContainerCreated{0},
                                     ContainerStarted{0, {}},
                                     StartFailed{0, StartError::kStart, "x"},
                                     ContainerExited{0, 1, false, {}, {}},
                                     Probed{0, 1, ""},
                                     StopRequested{"c", "r", true},
                                     Tick{},
                                     PortsPublished{}};
  ASSERT_EQ(events.size(), kEventKinds);
  for (std::size_t kind = 0; kind < kEventKinds; ++kind) {
    ASSERT_EQ(events[kind].index(), kind);
    for (int status = 0; status < 8; ++status) {
      if (expects(static_cast<TaskStatus>(status), kind)) continue;
      TaskState before = initial_state(definition({container("a")}), false);
      before.last_status = static_cast<TaskStatus>(status);
      const Step s = step(before, events[kind], Time{seconds{5}});
      EXPECT_TRUE(s.actions.empty()) << "status " << status << " event " << kind;
      EXPECT_EQ(s.state.last_status, before.last_status);
      EXPECT_EQ(s.state.desired_stopped, before.desired_stopped);
      EXPECT_EQ(s.state.containers[0].known, before.containers[0].known);
    }
  }
}

TEST(Lifecycle, StopRequestedAndAnExitActInEveryStateBeforeStopped) {
  for (int status = 0; status < static_cast<int>(TaskStatus::kStopped); ++status) {
    EXPECT_TRUE(expects(static_cast<TaskStatus>(status), Event{StopRequested{}}.index()));
    EXPECT_TRUE(expects(static_cast<TaskStatus>(status), Event{ContainerExited{}}.index()));
  }
}

// A world that carries out the actions in random order with random outcomes. Whatever happens:
// statuses only go forward, nothing is done twice, and once asked to stop every task reaches
// STOPPED with everything released.
class RandomWorld {
 public:
  explicit RandomWorld(unsigned seed) : rng_(seed), life_(random_definition(), pick(2) == 0) {}

  void run() {
    apply(Begin{});
    for (int i = 0; i < 400 && life_.state.last_status != TaskStatus::kStopped; ++i) {
      if (i == 200) apply(StopRequested{"UserInitiated", "end", pick(2) == 0});
      if (!pending_.empty() && pick(3) != 0)
        happen();
      else if (pick(4) == 0)
        crash_something();
      else if (pick(40) == 0)
        apply(StopRequested{"UserInitiated", "x", pick(2) == 0});
      else
        life_.now += milliseconds{pick(40'000)}, apply(Tick{});
    }
    for (int i = 0; i < 200 && life_.state.last_status != TaskStatus::kStopped; ++i) {
      life_.now += seconds{60};
      if (!pending_.empty())
        happen();
      else
        apply(Tick{});
    }
    EXPECT_EQ(life_.state.last_status, TaskStatus::kStopped);
    EXPECT_EQ(releases_, 1);
    for (const auto& c : life_.state.containers) EXPECT_TRUE(c.stopped());
    EXPECT_TRUE(alive_.empty());
  }

 private:
  int pick(int n) { return static_cast<int>(rng_() % static_cast<unsigned>(n)); }

  taskdef::TaskDefinition random_definition() {
    std::vector<taskdef::ContainerDefinition> cs;
    const int n = 1 + pick(4);
    for (int i = 0; i < n; ++i) {
      auto c = container(std::string(1, static_cast<char>('a' + i)), i == 0 || pick(2) == 0);
      if (pick(2) == 0) c.health_check = taskdef::HealthCheck{{"CMD", "x"}, 5, 2, 2, pick(20)};
      if (pick(3) == 0) c.start_timeout = 2 + pick(30);
      if (pick(3) == 0) c.stop_timeout = 2 + pick(10);
      if (pick(4) == 0) c.restart_policy = taskdef::RestartPolicy{true, {1}, 60};
      for (int d = 0; d < i; ++d)
        if (pick(2) == 0) {
          const auto& dep = cs[static_cast<std::size_t>(d)];
          Condition k = dep.health_check ? Condition::kHealthy : Condition::kStart;
          if (!dep.essential && pick(2) == 0)
            k = pick(2) == 0 ? Condition::kComplete : Condition::kSuccess;
          c.depends_on.push_back({dep.name, k});
        }
      cs.push_back(std::move(c));
    }
    return definition(std::move(cs));
  }

  void apply(const Event& e) {
    const TaskStatus before = life_.state.last_status;
    Step s = step(life_.state, e, life_.now);
    life_.state = std::move(s.state);
    EXPECT_GE(life_.state.last_status, before);
    for (const Action& a : s.actions) {
      if (const auto* start = std::get_if<StartContainer>(&a)) {
        EXPECT_TRUE(starting_.insert(start->container).second);
      }
      if (const auto* signal = std::get_if<SignalContainer>(&a)) {
        EXPECT_TRUE(alive_.count(signal->container)) << "a signal to a container that does not run";
        if (signal->kill || pick(2) == 0) pending_.emplace_back(a);
      } else if (std::holds_alternative<ReleaseTask>(a)) {
        ++releases_;
        EXPECT_TRUE(alive_.empty() && starting_.empty()) << "released under a running container";
        pending_.push_back(a);
      } else {
        pending_.push_back(a);
      }
    }
  }

  void happen() {
    const auto at = static_cast<std::size_t>(pick(static_cast<int>(pending_.size())));
    const Action a = pending_[at];
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(at));
    if (std::holds_alternative<AcquireNetwork>(a)) {
      pick(20) == 0 ? apply(NetworkFailed{"x"}) : apply(NetworkReady{});
    } else if (const auto* p = std::get_if<PullImage>(&a)) {
      pick(20) == 0 ? apply(PullFailed{p->container, "x"}) : apply(ImagePulled{p->container});
    } else if (const auto* s = std::get_if<StartContainer>(&a)) {
      starting_.erase(s->container);
      if (pick(10) == 0) return apply(StartFailed{s->container, StartError::kStart, "x"});
      alive_.insert(s->container);
      apply(ContainerCreated{s->container});
      apply(ContainerStarted{s->container, life_.now});
    } else if (const auto* k = std::get_if<SignalContainer>(&a)) {
      if (alive_.erase(k->container))
        apply(ContainerExited{k->container, k->kill ? 137 : 143, false, life_.now, {}});
    } else if (const auto* h = std::get_if<Probe>(&a)) {
      apply(Probed{h->container, pick(2), "o"});
    } else {
      apply(Released{});
    }
  }

  void crash_something() {
    if (alive_.empty()) return;
    const std::size_t i = *alive_.begin();
    alive_.erase(i);
    apply(ContainerExited{i, pick(3), pick(5) == 0, life_.now, {}});
  }

  std::mt19937 rng_;
  Life life_;
  std::vector<Action> pending_;
  std::set<std::size_t> alive_, starting_;
  int releases_ = 0;
};

TEST(Lifecycle, RandomLivesKeepTheInvariants) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomWorld(seed).run();
    if (testing::Test::HasFailure()) break;
  }
}

TEST(Restore, ARunningTaskGoesOnAndAnExitInTheMeantimeIsSeen) {
  const auto d = definition({container("a"), container("b")});
  TaskView stored;
  stored.last_status = TaskStatus::kRunning;
  stored.version = 3;
  stored.started_at = Time{seconds{50}};
  for (const char* name : {"a", "b"}) {
    ContainerView c;
    c.name = name;
    c.known = ContainerStatus::kRunning;
    c.started_at = Time{seconds{50}};
    stored.containers.push_back(c);
  }
  Found a;
  a.started = ContainerStarted{0, Time{seconds{50}}};
  a.shim_alive = true;
  TaskState s = restored_state(d, stored, true, true, {a, a}, Time{seconds{100}});
  EXPECT_EQ(s.last_status, TaskStatus::kRunning);
  EXPECT_TRUE(resume_actions(s).empty());
  const Step after =
      step(std::move(s), ContainerExited{1, 4, false, Time{seconds{90}}, {}}, Time{seconds{100}});
  EXPECT_EQ(after.state.stop_code, "EssentialContainerExited");
  EXPECT_EQ(after.state.containers[1].exit_code, 4);
}

TEST(Restore, ATaskThatWasBeingMadeIsMadeFromTheStart) {
  const auto d = definition({container("a")});
  TaskView stored;
  stored.last_status = TaskStatus::kProvisioning;
  stored.containers.resize(1);
  stored.containers[0].name = "a";
  const TaskState s = restored_state(d, stored, true, false, {Found{}}, Time{seconds{100}});
  EXPECT_EQ(resume_actions(s).size(), 2u);
}

}  // namespace
}  // namespace drydock::runtime::lifecycle
