#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/lifecycle/depends_on.h"
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

TEST(Lifecycle, AFailedPullStopsTheWholeTaskWithoutPullTimes) {
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
  // PENDING, app runs, DEPROVISIONING, app has ended, STOPPED.
  EXPECT_EQ(t.state.version, 6);
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

TEST(Lifecycle, WhoWaitsForAnUnhealthyContainerIsNamed) {
  auto db = container("db");
  db.health_check = taskdef::HealthCheck{{"CMD", "x"}, 5, 2, 1, 0};
  auto app = container("app");
  app.depends_on = {{"db", Condition::kHealthy}};
  Life t(definition({db, app}));
  t.up();
  EXPECT_TRUE(waits_for_unhealthy(t.state).empty());
  t.wait(seconds{5});
  t.on(Probed{0, 1, "refused\nmore"});
  EXPECT_THAT(waits_for_unhealthy(t.state),
              testing::ElementsAre(
                  "container app waits for db to be HEALTHY, and it is UNHEALTHY: refused"));
  t.wait(seconds{5});
  t.on(Probed{0, 0, ""});
  EXPECT_TRUE(waits_for_unhealthy(t.state).empty());
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

TEST(Lifecycle, ALogRouterStartsBeforeItsClientsAndIsStoppedAfterThem) {
  auto app = container("app");
  app.log_configuration = {"awsfirelens", {}, {}};
  auto other = container("other", false);
  auto router = container("router");
  router.firelens_configuration = {"fluentbit", {}};
  router.log_configuration = {"awsfirelens", {}, {}};  // its own lines, too: it waits for nobody
  Life t(definition({app, other, router}));
  t.on(Begin{});
  t.on(NetworkReady{});
  EXPECT_EQ(t.on(ImagePulled{0}), "");
  EXPECT_EQ(t.on(ImagePulled{1}), "start other");
  EXPECT_EQ(t.on(ImagePulled{2}), "start router");
  t.on(ContainerStarted{1, t.now});
  EXPECT_EQ(t.on(ContainerStarted{2, t.now}), "start app");
  t.on(ContainerStarted{0, t.now});
  EXPECT_EQ(t.on(StopRequested{"UserInitiated", "", false}), "stop app; stop other");
  EXPECT_EQ(t.exit(0, 0), "stop router");
}

TEST(Lifecycle, ALogRouterThatDependsOnSomethingOrdersNobody) {
  auto app = container("app");
  app.log_configuration = {"awsfirelens", {}, {}};
  auto router = container("router");
  router.firelens_configuration = {"fluentbit", {}};
  router.depends_on = {{"app", Condition::kStart}};
  Life t(definition({app, router}));
  t.on(Begin{});
  t.on(NetworkReady{});
  EXPECT_EQ(t.on(ImagePulled{0}), "start app");
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

TEST(Lifecycle, ARestartLooksLikeARunningContainerToEverybodyElse) {
  auto app = container("app");
  app.restart_policy = taskdef::RestartPolicy{true, {}, 60};
  auto client = container("client", false);
  client.depends_on = {{"app", Condition::kStart}};
  Life t(definition({app, client}));
  t.on(Begin{});
  t.on(NetworkReady{});
  t.on(ImagePulled{0});
  t.on(ContainerStarted{0, t.now});
  const Time first = t.now;
  t.now += seconds{60};
  EXPECT_EQ(t.exit(0, 3), "restart app");
  EXPECT_EQ(t.state.containers[0].known, ContainerStatus::kRunning);
  EXPECT_FALSE(t.state.containers[0].exit_code);
  EXPECT_EQ(t.on(ImagePulled{1}), "start client");
  t.now += seconds{1};
  t.on(ContainerStarted{0, t.now});
  EXPECT_EQ(t.state.containers[0].started_at, first);
  EXPECT_EQ(t.state.containers[0].restarted_at, t.now);
  t.now += seconds{59};
  EXPECT_EQ(t.exit(0, 0), "") << "the period counts from the restart; the client still starts";
  EXPECT_EQ(t.state.stop_code, "EssentialContainerExited");
}

TEST(Lifecycle, AStopDuringARestartWaitsForTheProcessAndThenStopsIt) {
  auto app = container("app");
  app.restart_policy = taskdef::RestartPolicy{true, {}, 60};
  Life t(definition({app}));
  t.up();
  t.now += seconds{60};
  EXPECT_EQ(t.exit(0, 1), "restart app");
  EXPECT_EQ(t.on(StopRequested{"UserInitiated", "x", false}), "");
  EXPECT_EQ(t.on(ContainerStarted{0, t.now}), "stop app");
  EXPECT_EQ(t.exit(0, 143), "release");
  EXPECT_EQ(t.state.containers[0].exit_code, 143);
}

TEST(Lifecycle, ARestartThatFailsIsTheOrdinaryEndWithTheCodeBefore) {
  auto app = container("app");
  app.restart_policy = taskdef::RestartPolicy{true, {}, 60};
  Life t(definition({app}));
  t.up();
  t.now += seconds{60};
  t.exit(0, 9);
  EXPECT_EQ(t.on(StartFailed{0, StartError::kStart, "gone"}), "release");
  EXPECT_EQ(t.state.containers[0].exit_code, 9);
  EXPECT_EQ(t.state.stop_code, "EssentialContainerExited");
}

TEST(Lifecycle, AnEndWhoseCodeIsNotKnownIsNotRestarted) {
  auto app = container("app");
  app.restart_policy = taskdef::RestartPolicy{true, {}, 60};
  Life t(definition({app}));
  t.up();
  t.now += seconds{600};
  EXPECT_EQ(t.on(ContainerExited{0, 255, false, t.now, "ContainerRuntimeError: lost"}), "release");
}

TEST(Lifecycle, ARestartBeginsHealthAnewWithItsStartPeriod) {
  auto app = container("app");
  app.health_check = taskdef::HealthCheck{{"CMD", "x"}, 5, 2, 1, 30};
  app.restart_policy = taskdef::RestartPolicy{true, {}, 60};
  Life t(definition({app}));
  t.up();
  t.wait(seconds{5});
  t.on(Probed{0, 0, ""});
  EXPECT_EQ(t.wait(seconds{60}), "probe app");
  t.exit(0, 1);
  t.on(Probed{0, 137, "killed with it"});
  EXPECT_EQ(t.state.containers[0].health.status, Health::kUnknown) << "of the process before";
  t.on(ContainerStarted{0, t.now});
  EXPECT_EQ(t.wait(seconds{5}), "probe app");
  t.on(Probed{0, 1, ""});
  EXPECT_EQ(t.state.containers[0].health.status, Health::kUnknown) << "in its start period";
}

TEST(Lifecycle, WhatWaitsForTheHealthOfAnUncheckedContainerNeverStarts) {
  auto db = container("db", false);
  db.health_check = taskdef::HealthCheck{{"NONE"}, 5, 2, 1, 0};
  auto app = container("app");
  app.depends_on = {{"db", Condition::kHealthy}};
  Life t(definition({db, app}));
  t.up();
  EXPECT_EQ(t.state.containers[1].exit_code, 143);
  EXPECT_EQ(t.state.stop_code, "TaskFailedToStart");
}

TEST(Lifecycle, ACircleThatOnlyImpliedDependenciesCloseStopsTheTaskBeforeItBegins) {
  auto app = container("app");
  app.log_configuration = {"awsfirelens", {}, {}};
  auto router = container("router");
  router.firelens_configuration = {"fluentbit", {}};
  router.volumes_from = {{"app", false}};
  Life t(definition({app, router}));
  t.state.arn = "arn:t";
  EXPECT_EQ(t.on(Begin{}), "release");
  EXPECT_EQ(t.state.stopped_reason,
            "TaskDependencyError: Task dependencies cannot be resolved, taskArn: arn:t");
  EXPECT_EQ(t.state.stop_code, "TaskFailedToStart");
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
  EXPECT_TRUE(resume_actions(s, {a, a}).empty());
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
  EXPECT_EQ(resume_actions(s, {Found{}}).size(), 2u);
}

TEST(Restore, ARestartWhoseShimWasNotThereYetIsMadeAgain) {
  auto app = container("a");
  app.restart_policy = taskdef::RestartPolicy{true, {}, 60};
  const auto d = definition({app});
  TaskView stored;
  stored.last_status = TaskStatus::kRunning;
  stored.containers.resize(1);
  stored.containers[0].name = "a";
  stored.containers[0].known = ContainerStatus::kRunning;
  stored.containers[0].started_at = Time{seconds{5}};
  const TaskState s = restored_state(d, stored, true, true, {Found{}}, Time{seconds{100}});
  EXPECT_EQ(s.containers[0].known, ContainerStatus::kRunning);
  const Actions again = resume_actions(s, {Found{}});
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(std::get<StartContainer>(again[0]), (StartContainer{0, true}));
}

}  // namespace
}  // namespace drydock::runtime::lifecycle
