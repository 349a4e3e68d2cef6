#include "tests/unit/control/services_world.h"

namespace drydock::control::services {
namespace {

using testing::Health;
using testing::Phase;
using testing::World;
using namespace std::chrono_literals;

using Ids = std::vector<std::string>;

TEST(ServiceScheduler, StartsWhatIsMissingAndReachesASteadyState) {
  World w(3);
  w.look();
  EXPECT_EQ(w.in(Phase::kPending, "ecs-svc/1").size(), 3U);
  EXPECT_EQ(w.newest_event(), "(service web) has started 3 tasks: (task t1) (task t2) (task t3).");
  EXPECT_EQ(w.primary().reason, "ECS deployment ecs-svc/1 in progress.");
  for (const char* id : {"t1", "t2", "t3"}) w.run(id);
  w.look();
  EXPECT_EQ(w.primary().state, RolloutState::kInProgress) << "nothing ran long enough yet";
  ASSERT_TRUE(w.next);
  EXPECT_EQ(*w.next, w.now + w.settings.healthy_after);
  w.now = *w.next;
  w.look();
  EXPECT_EQ(w.primary().state, RolloutState::kCompleted);
  EXPECT_EQ(w.primary().reason, "ECS deployment ecs-svc/1 completed.");
  EXPECT_EQ(w.newest_event(), "(service web) has reached a steady state.");
  EXPECT_EQ(w.service.events[1].message,
            "(service web) (deployment ecs-svc/1) deployment completed.");
  EXPECT_EQ(w.service.history.front().status, "SUCCESSFUL");
  w.look();
  EXPECT_EQ(w.events("steady state"), 1) << "said once";
  w.now += 6h;
  w.look();
  EXPECT_EQ(w.events("steady state"), 2) << "and again after 6 hours";
}

TEST(ServiceScheduler, ATaskThatEndsIsReplacedAtOnceAfterALongRun) {
  World w(2);
  w.settle();
  w.now += 1min;
  w.end("t1");
  w.look();
  EXPECT_EQ(w.in(Phase::kPending), Ids{"t3"});
  w.settle();
  EXPECT_EQ(w.events("steady state"), 2);
  EXPECT_EQ(w.primary().failed_tasks, 0);
}

TEST(ServiceScheduler, ScalingInKeepsTheOldestAndTakesPendingOnesFirst) {
  World w(2);
  w.settle();
  w.service.desired = 3;
  w.look();
  w.service.desired = 1;
  w.look();
  EXPECT_EQ(w.in(Phase::kRunning), Ids{"t1"});
  EXPECT_EQ(w.reasons.at("t3"), "Scaling activity initiated by (deployment ecs-svc/1)");
  EXPECT_EQ(w.newest_event(), "(service web) has stopped 2 running tasks: (task t3) (task t2).");
  w.settle();
  EXPECT_EQ(w.newest_event(), "(service web) has reached a steady state.");
  EXPECT_EQ(w.primary().state, RolloutState::kCompleted) << "no deployment for a count";
}

TEST(ServiceScheduler, ARollingUpdateStaysBetweenItsBounds) {
  World w(4);
  w.service.maximum_percent = 150;
  w.service.minimum_percent = 50;
  w.settle();
  w.deploy("rev-2");
  w.look();
  EXPECT_EQ(w.in(Phase::kPending, "ecs-svc/2").size(), 2U) << "up to 6 tasks";
  EXPECT_EQ(w.in(Phase::kStopping, "ecs-svc/1").size(), 2U) << "down to 2 healthy ones";
  EXPECT_EQ(w.service.deployments.size(), 2U);
  w.settle();
  EXPECT_EQ(w.in(Phase::kRunning, "ecs-svc/2").size(), 4U);
  EXPECT_EQ(w.service.deployments.size(), 1U);
  EXPECT_EQ(w.primary().state, RolloutState::kCompleted);
}

TEST(ServiceScheduler, WithoutRoomAboveOldTasksGoFirst) {
  World w(2);
  w.service.maximum_percent = 100;
  w.service.minimum_percent = 0;
  w.settle();
  w.deploy("rev-2");
  w.look();
  EXPECT_EQ(w.in(Phase::kStopping).size(), 2U);
  EXPECT_TRUE(w.in(Phase::kPending).empty()) << "stopping tasks count, too";
  w.settle();
  EXPECT_EQ(w.in(Phase::kRunning, "ecs-svc/2").size(), 2U);
}

TEST(ServiceScheduler, ABoundThatAllowsNothingIsTold) {
  World w(2);
  w.service.maximum_percent = 100;
  w.settle();
  w.deploy("rev-2");
  w.settle();
  EXPECT_EQ(w.in(Phase::kRunning, "ecs-svc/1").size(), 2U);
  EXPECT_EQ(w.events("was unable to stop or start tasks during a deployment"), 1);
  w.service.maximum_percent = 200;
  w.settle();
  EXPECT_EQ(w.in(Phase::kRunning, "ecs-svc/2").size(), 2U);
}

TEST(ServiceScheduler, AnOlderDeploymentIsListedUntilItsTasksAreStopped) {
  World w(1);
  w.settle();
  w.deploy("rev-2");
  w.look();
  w.run("t2");
  w.now += 2s;
  w.look();
  EXPECT_EQ(w.in(Phase::kStopping), Ids{"t1"});
  EXPECT_EQ(w.service.deployments.size(), 2U);
  EXPECT_EQ(w.primary().state, RolloutState::kInProgress);
  w.tasks.at("t1").phase = Phase::kStopped;
  w.look();
  EXPECT_EQ(w.service.deployments.size(), 1U);
  EXPECT_EQ(w.primary().state, RolloutState::kCompleted);
}

TEST(ServiceScheduler, AnUnhealthyTaskGoesWhenAnotherHasTakenItsPlace) {
  World w(1);
  w.checked = true;
  w.settle();
  w.tasks.at("t1").health = Health::kUnhealthy;
  w.look();
  EXPECT_EQ(w.in(Phase::kRunning), Ids{"t1"});
  EXPECT_EQ(w.in(Phase::kPending), Ids{"t2"});
  w.run("t2");
  w.look();
  EXPECT_EQ(w.in(Phase::kRunning).size(), 2U);
  w.tasks.at("t2").health = Health::kHealthy;
  w.look();
  EXPECT_EQ(w.in(Phase::kRunning), Ids{"t2"});
  EXPECT_EQ(w.reasons.at("t1"), "Task failed container health checks");
  EXPECT_EQ(w.events("(task t1) failed container health checks."), 1);
}

TEST(ServiceScheduler, WithoutRoomUnhealthyTasksGoOneByOne) {
  World w(3);
  w.checked = true;
  w.service.maximum_percent = 100;
  w.settle();
  w.tasks.at("t1").health = w.tasks.at("t2").health = Health::kUnhealthy;
  w.look();
  EXPECT_EQ(w.in(Phase::kStopping), Ids{"t1"});
  w.tasks.at("t1").phase = Phase::kStopped;
  w.look();
  EXPECT_EQ(w.in(Phase::kPending), Ids{"t4"});
  EXPECT_EQ(w.in(Phase::kStopping), Ids{"t2"});
}

TEST(ServiceScheduler, UnhealthinessCountsAfterTheGracePeriod) {
  World w(1);
  w.checked = true;
  w.service.grace = 60s;
  w.look();
  w.run("t1");
  w.tasks.at("t1").health = Health::kUnhealthy;
  w.look();
  EXPECT_TRUE(w.in(Phase::kPending).empty());
  ASSERT_TRUE(w.next);
  EXPECT_EQ(*w.next, w.now + 60s);
  w.now += 60s;
  w.look();
  EXPECT_EQ(w.in(Phase::kPending), Ids{"t2"});
}

TEST(ServiceScheduler, AProtectedTaskIsNeverChosen) {
  World w(2);
  w.settle();
  w.tasks.at("t2").protected_until = w.now + 1h;
  w.service.desired = 1;
  w.look();
  EXPECT_EQ(w.in(Phase::kRunning), Ids{"t2"}) << "the other one goes, though it is older";
  w.settle(1);
  w.service.desired = 0;
  w.look();
  EXPECT_EQ(w.in(Phase::kRunning), Ids{"t2"});
  EXPECT_EQ(w.newest_event(),
            "(service web) was unable to reach steady state because task set (ecs-svc/1) was "
            "unable to scale in. Reason: The number of protected tasks are more than the desired "
            "count of tasks.");
  ASSERT_TRUE(w.next);
  EXPECT_EQ(*w.next, *w.tasks.at("t2").protected_until);
  w.now = *w.next;
  w.look();
  EXPECT_EQ(w.in(Phase::kStopping), Ids{"t2"});
}

TEST(ServiceScheduler, ATaskOnAnInstanceThatDrainsGoesWhenAnotherHasTakenItsPlace) {
  World w(2);
  w.look();
  w.settle();
  w.tasks.at("t1").leaving = true;
  w.look();
  EXPECT_EQ(w.in(Phase::kPending), std::vector<std::string>{"t3"});
  EXPECT_EQ(w.in(Phase::kRunning), (std::vector<std::string>{"t1", "t2"}));
  w.settle();
  EXPECT_EQ(w.tasks.at("t1").phase, Phase::kStopped);
  EXPECT_EQ(w.in(Phase::kRunning), (std::vector<std::string>{"t2", "t3"}));
  EXPECT_EQ(w.newest_event(), "(service web) has reached a steady state.");
}

TEST(ServiceScheduler, ADaemonsTaskLeavesWithItsInstance) {
  World w(2);
  w.service.maximum_percent = 100;
  w.service.minimum_percent = 0;
  w.look();
  w.settle();
  w.tasks.at("t2").leaving = true;
  w.service.desired = 1;  // an ACTIVE instance less
  w.look();
  EXPECT_EQ(w.in(Phase::kStopping), std::vector<std::string>{"t2"});
  w.settle();
  EXPECT_EQ(w.in(Phase::kRunning), std::vector<std::string>{"t1"});
}

TEST(ServiceScheduler, TasksThatDoNotStartAreThrottled) {
  World w(1);
  const Time began = w.now;
  std::vector<long> starts;
  w.look();
  for (int i = 0; i < 9; ++i) {
    w.end(w.in(Phase::kPending).front());
    w.look();
    ASSERT_TRUE(w.in(Phase::kPending).empty());
    ASSERT_TRUE(w.next);
    w.now = *w.next;
    w.look();
    starts.push_back((w.now - began) / 1s);
  }
  EXPECT_EQ(starts, (std::vector<long>{1, 3, 7, 15, 31, 63, 123, 183, 243}));
  EXPECT_EQ(w.events("is unable to consistently start tasks successfully."), 1);
  EXPECT_EQ(w.primary().failed_tasks, 9);
  w.run(w.in(Phase::kPending).front());
  w.look();
  EXPECT_EQ(w.primary().failed_tasks, 0);
  EXPECT_EQ(w.primary().failed_rounds, 0);
}

TEST(ServiceScheduler, FailuresThatComeTogetherAreOneRound) {
  World w(3);
  w.look();
  for (const char* id : {"t1", "t2", "t3"}) w.end(id);
  w.look();
  EXPECT_EQ(w.primary().failed_rounds, 1);
  EXPECT_EQ(w.primary().failed_tasks, 3);
}

TEST(ServiceScheduler, ATaskThatRanIsReplacedAtOnceAndShortRunsInARowAreSlowedDown) {
  World w(1);
  w.look();
  std::vector<long> delays;
  for (int i = 0; i < 7; ++i) {
    const std::string id = w.in(Phase::kPending).front();
    w.run(id);
    w.look();
    w.end(id);
    const Time ended = w.now;
    w.look();
    if (w.in(Phase::kPending).empty()) {
      w.now = *w.next;
      w.look();
    }
    delays.push_back((w.now - ended) / 1s);
  }
  EXPECT_EQ(delays, (std::vector<long>{0, 1, 2, 4, 8, 10, 10}));
  EXPECT_EQ(w.primary().failed_tasks, 0) << "they did start";
}

TEST(ServiceScheduler, WhatPeopleStopIsNoFailure) {
  World w(1);
  w.look();
  w.end("t1");
  w.tasks.at("t1").by_itself = false;
  w.look();
  EXPECT_EQ(w.in(Phase::kPending), Ids{"t2"});
  EXPECT_EQ(w.primary().failed_tasks, 0);
}

void fail_all(World& w) {
  for (int i = 0; i < 20 && w.primary().state == RolloutState::kInProgress && !w.primary().rollback;
       ++i) {
    for (const auto& id : w.in(Phase::kPending, w.primary().id)) w.end(id);
    w.now += 61s;
    w.look();
  }
}

TEST(ServiceScheduler, TheCircuitBreakerRollsBack) {
  World w(2);
  w.service.breaker = w.service.breaker_rollback = true;
  w.settle();
  w.deploy("rev-2");
  w.look();
  fail_all(w);
  EXPECT_EQ(w.primary().id, "ecs-svc/3");
  EXPECT_EQ(w.primary().revision, "rev-1");
  EXPECT_EQ(w.primary().reason,
            "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1.");
  EXPECT_EQ(w.service.history.front().status, "ROLLBACK_IN_PROGRESS");
  EXPECT_EQ(w.in(Phase::kRunning, "ecs-svc/1").size(), 2U) << "the old ones served all the time";
  w.settle();
  EXPECT_EQ(w.primary().state, RolloutState::kCompleted);
  EXPECT_EQ(w.in(Phase::kRunning, "ecs-svc/3").size(), 2U);
  EXPECT_EQ(w.service.history.front().status, "ROLLBACK_SUCCESSFUL");
  EXPECT_TRUE(w.service.history.front().breaker_triggered);
  EXPECT_EQ(w.service.history.size(), 2U);
  EXPECT_EQ(w.events("(deployment ecs-svc/2) deployment failed: tasks failed to start."), 1);
  EXPECT_EQ(w.events("rolling back to deployment ecs-svc/1."), 1);
}

TEST(ServiceScheduler, WithoutRollbackAFailedDeploymentStaysAndTheOldOneServesOn) {
  World w(2);
  w.service.breaker = true;
  w.settle();
  w.deploy("rev-2");
  w.look();
  fail_all(w);
  EXPECT_EQ(w.primary().id, "ecs-svc/2");
  EXPECT_EQ(w.primary().state, RolloutState::kFailed);
  EXPECT_EQ(w.primary().reason, "ECS deployment circuit breaker: tasks failed to start.");
  EXPECT_EQ(w.service.history.front().status, "STOPPED");
  w.now += 1min;
  w.end("t1");
  w.look();
  EXPECT_EQ(w.in(Phase::kPending, "ecs-svc/1").size(), 1U) << "and its tasks are replaced";
  w.service.desired = 0;
  w.settle();
  EXPECT_EQ(w.alive(), 0U);
}

TEST(ServiceScheduler, AFirstDeploymentThatFailsStaysWithoutTasks) {
  World w(2);
  w.service.breaker = w.service.breaker_rollback = true;
  w.look();
  fail_all(w);
  w.settle();
  EXPECT_EQ(w.primary().state, RolloutState::kFailed);
  EXPECT_EQ(w.alive(), 0U);
  w.deploy("rev-2");
  w.settle();
  EXPECT_EQ(w.primary().state, RolloutState::kCompleted);
}

TEST(ServiceScheduler, TheBreakersThresholdIsHalfTheDesiredCountWithinBounds) {
  const SchedulerSettings settings;
  EXPECT_EQ(breaker_threshold(1, settings), 3);
  EXPECT_EQ(breaker_threshold(25, settings), 13);
  EXPECT_EQ(breaker_threshold(400, settings), 200);
  EXPECT_EQ(breaker_threshold(800, settings), 200);
}

TEST(ServiceScheduler, FailedHealthChecksTripTheBreakerUntilTheFirstSuccess) {
  World w(1);
  w.checked = true;
  w.service.breaker = w.service.breaker_rollback = true;
  w.settle();
  w.deploy("rev-2");
  w.look();
  for (int i = 0; i < 20 && !w.primary().rollback; ++i) {
    for (const auto& id : w.in(Phase::kPending, "ecs-svc/2")) {
      w.run(id);
      w.tasks.at(id).health = Health::kUnhealthy;
    }
    for (const auto& id : w.in(Phase::kStopping)) w.tasks.at(id).phase = Phase::kStopped;
    w.now += 5s;
    w.look();
  }
  EXPECT_TRUE(w.primary().rollback);
  EXPECT_EQ(w.in(Phase::kRunning, "ecs-svc/1").size(), 1U);
}

TEST(ServiceScheduler, ASecondUpdateDuringARollOutBecomesPrimary) {
  World w(2);
  w.settle();
  w.deploy("rev-2");
  w.look();
  w.deploy("rev-3");
  w.look();
  EXPECT_EQ(w.in(Phase::kStopping, "ecs-svc/2").size(), 2U) << "they serve nobody yet";
  EXPECT_EQ(w.service.history[1].status, "STOPPED");
  w.settle();
  EXPECT_EQ(w.in(Phase::kRunning, "ecs-svc/3").size(), 2U);
  EXPECT_EQ(w.service.deployments.size(), 1U);
}

TEST(ServiceScheduler, ADeletedServiceDrainsEvenProtectedTasks) {
  World w(2);
  w.settle();
  w.tasks.at("t1").protected_until = w.now + 1h;
  w.service.status = "DRAINING";
  w.service.desired = 0;
  w.look();
  EXPECT_EQ(w.in(Phase::kStopping).size(), 2U);
  EXPECT_EQ(w.service.status, "DRAINING");
  w.settle(1);
  EXPECT_EQ(w.service.status, "INACTIVE");
  EXPECT_TRUE(w.service.deployments.empty());
}

TEST(ServiceScheduler, AnEndCountsOnceAlsoWhenItIsSeenAgain) {
  World w(1);
  w.look();
  w.tasks.at("t1").phase = Phase::kStopping;
  w.tasks.at("t1").by_itself = true;
  w.look();
  EXPECT_EQ(w.primary().failed_tasks, 1);
  const auto again = service_of(stored(w.service));  // as a restarted daemon reads it
  ASSERT_TRUE(again);
  w.service = *again;
  w.tasks.at("t1").phase = Phase::kStopped;
  w.look();
  w.look();
  EXPECT_EQ(w.primary().failed_tasks, 1);
}

TEST(ServiceScheduler, AStoredServiceIsTheSame) {
  World w(2);
  w.service.breaker = w.service.breaker_rollback = true;
  w.service.tags = {{"aws:x", "1"}};
  w.service.settings = std::make_shared<const Json>(
      Json{{"deploymentConfiguration",
            {{"deploymentCircuitBreaker", {{"enable", true}, {"rollback", true}}},
             {"maximumPercent", 150}}},
           {"healthCheckGracePeriodSeconds", 7}});
  w.settle();
  w.deploy("rev-2");
  w.look();
  fail_all(w);
  const auto again = service_of(stored(w.service));
  ASSERT_TRUE(again);
  EXPECT_EQ(stored(*again), stored(w.service));
  EXPECT_EQ(again->maximum_percent, 150);
  EXPECT_EQ(again->grace, 7s);
  EXPECT_FALSE(service_of("{}"));
}

}  // namespace
}  // namespace drydock::control::services
