#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "runtime/engine/view.h"
#include "runtime/lifecycle/depends_on.h"
#include "runtime/lifecycle/restore.h"
#include "runtime/lifecycle/step.h"

// Random tasks in a random world: what must hold whatever happens, and in which order.
// DRYDOCK_LIFECYCLE_SEQUENCES says how many (3000 without it), DRYDOCK_LIFECYCLE_SEED where to
// begin.
namespace drydock::runtime::lifecycle {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using taskdef::Condition;

class RandomWorld {
 public:
  explicit RandomWorld(unsigned seed)
      : rng_(seed),
        early_(pick(2) == 0),
        definition_(random_definition()),
        state_(initial_state(definition_, early_)) {}

  void live() {
    apply(Begin{});
    const int length = 5 + pick(60);
    for (int i = 0; i < length && !over(); ++i) {
      if (!pending_.empty() && pick(3) != 0)
        happen();
      else if (const int what = pick(30); what < 5)
        end_one();
      else if (what == 6)
        apply(StopRequested{"UserInitiated", "x", pick(3) == 0});
      else if (what == 7)
        lose_the_daemon();
      else
        wait(milliseconds{pick(40'000)});
    }
    apply(StopRequested{"UserInitiated", "end", pick(3) == 0});
    for (int i = 0; i < 200 && !over(); ++i) {
      if (pending_.empty())
        wait(seconds{60});
      else
        happen();
    }
    check_the_end();
  }

 private:
  int pick(int n) { return static_cast<int>(rng_() % static_cast<unsigned>(n)); }
  bool over() const { return state_.last_status == TaskStatus::kStopped; }

  // ---- a task ----
  taskdef::TaskDefinition random_definition() {
    taskdef::TaskDefinition d;
    d.family = "f";
    const int n = 1 + pick(4);
    for (int i = 0; i < n; ++i) {
      taskdef::ContainerDefinition c;
      c.name = std::string(1, static_cast<char>('a' + i));
      c.essential = i == 0 || pick(2) == 0;
      if (pick(2) == 0) c.health_check = taskdef::HealthCheck{{"CMD", "x"}, 5, 2, 2, pick(20)};
      if (pick(3) == 0) c.start_timeout = 2 + pick(30);
      if (pick(3) == 0) c.stop_timeout = 2 + pick(10);
      if (pick(3) == 0) c.restart_policy = taskdef::RestartPolicy{pick(4) != 0, {1}, 60};
      for (const taskdef::ContainerDefinition& dep : d.containers)
        if (pick(2) == 0) c.depends_on.push_back({dep.name, random_condition(dep)});
      if (i > 0 && pick(4) == 0) c.volumes_from.push_back({d.containers[0].name, false});
      d.containers.push_back(std::move(c));
    }
    if (pick(20) == 0)  // what registration cannot see
      d.containers[0].volumes_from.push_back({d.containers.back().name, false});
    return d;
  }

  Condition random_condition(const taskdef::ContainerDefinition& dep) {
    if (!dep.essential && pick(2) == 0) return pick(2) ? Condition::kComplete : Condition::kSuccess;
    return dep.health_check && pick(2) == 0 ? Condition::kHealthy : Condition::kStart;
  }

  // A version more for each change that ECS sends an event for, and for no other.
  std::string seen_in_events() const {
    std::string text(api_name(state_.last_status));
    text += state_.desired_stopped ? " stop" : " run";
    for (const auto& c : state_.containers)
      text += " " + std::string(api_name(c.known)) + "/" + std::string(api_name(c.health.status)) +
              "/" + (c.exit_code ? std::to_string(*c.exit_code) : "-");
    return text;
  }

  // ---- the engine ----
  void apply(const Event& e) {
    const Times before = times();
    const TaskStatus status = state_.last_status;
    const bool stopping = state_.desired_stopped;
    const std::string code = state_.stop_code;
    const int version = state_.version;
    const std::string seen = seen_in_events();
    Step s = step(std::move(state_), e, now_);
    state_ = std::move(s.state);
    if (status == TaskStatus::kStopped) {
      EXPECT_TRUE(s.actions.empty()) << "an action after STOPPED";
    }
    EXPECT_GE(state_.last_status, status) << "a transition backwards";
    EXPECT_EQ(state_.version > version, seen_in_events() != seen);
    EXPECT_TRUE(state_.desired_stopped || !stopping);
    EXPECT_EQ(state_.desired_stopped, !state_.stop_code.empty());
    if (stopping) {
      EXPECT_EQ(state_.stop_code, code);
    }
    check_times(before, std::holds_alternative<PullFailed>(e));
    for (const Action& a : s.actions) take(a);
  }

  void take(const Action& a) {
    if (const auto* start = std::get_if<StartContainer>(&a)) {
      const ContainerState& c = state_.containers[start->container];
      EXPECT_TRUE(starting_.insert(start->container).second) << "started twice";
      EXPECT_FALSE(alive_.count(start->container)) << "started while it runs";
      EXPECT_EQ(start->again, started_.count(start->container) > 0);
      if (start->again) {
        EXPECT_TRUE(c.rules.restart && c.rules.restart->enabled);
      }
      if (!start->again) {  // a restart is decided before what else follows from its event
        EXPECT_FALSE(c.desired_stopped) << "started although it is to stop";
        EXPECT_EQ(readiness_of(start->container), Readiness::kReady);
      }
    }
    if (const auto* signal = std::get_if<SignalContainer>(&a)) {
      EXPECT_TRUE(alive_.count(signal->container)) << "a signal to a container that does not run";
      if (!state_.stop_now) {
        EXPECT_TRUE(may_stop(state_, signal->container)) << "stopped too early";
      }
      if (!signal->kill && pick(2) == 0) return;  // it ignores SIGTERM
    }
    if (std::holds_alternative<ReleaseTask>(a)) {
      ++releases_;
      EXPECT_TRUE(alive_.empty() && starting_.empty()) << "released under a running container";
    }
    pending_.push_back(a);
  }

  // Before this step's action: the container itself is marked as starting by now.
  Readiness readiness_of(std::size_t i) const { return readiness(state_, i, now_).readiness; }

  void wait(Duration d) {
    now_ += d;
    apply(Tick{});
  }

  // ---- the machine ----
  void happen() {
    now_ += milliseconds{pick(50)};
    const auto at = static_cast<std::size_t>(pick(static_cast<int>(pending_.size())));
    const Action a = pending_[at];
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(at));
    if (std::holds_alternative<AcquireNetwork>(a)) {
      network_ = pick(60) != 0;
      network_ ? apply(NetworkReady{}) : apply(NetworkFailed{"x"});
    } else if (const auto* p = std::get_if<PullImage>(&a)) {
      pick(60) == 0 ? apply(PullFailed{p->container, "x"}) : apply(ImagePulled{p->container});
    } else if (const auto* s = std::get_if<StartContainer>(&a)) {
      start(s->container);
    } else if (const auto* k = std::get_if<SignalContainer>(&a)) {
      end(k->container, k->kill ? 137 : 143);
    } else if (const auto* h = std::get_if<Probe>(&a)) {
      apply(Probed{h->container, pick(3) == 0 ? -1 : pick(2), "o"});
    } else {
      network_ = false;
      apply(Released{});
    }
  }

  void start(std::size_t i) {
    starting_.erase(i);
    if (pick(20) == 0) {
      constexpr StartError kKinds[] = {StartError::kCreate, StartError::kStart,
                                       StartError::kResource};
      return apply(StartFailed{i, kKinds[pick(3)], "x"});
    }
    alive_[i] = now_;
    started_.insert(i);
    apply(ContainerCreated{i});
    apply(ContainerStarted{i, now_});
  }

  void end(std::size_t i, int code) {
    if (!alive_.erase(i)) return;
    const bool lost = pick(30) == 0;  // its shim was killed
    apply(ContainerExited{i, lost ? 255 : code, code == 137 && pick(3) == 0, now_,
                          lost ? "ContainerRuntimeError: lost" : ""});
  }

  void end_one() {
    if (alive_.empty()) return;
    now_ += milliseconds{pick(90'000)};
    end(std::next(alive_.begin(), pick(static_cast<int>(alive_.size())))->first, pick(3));
  }

  // kill -9 of the daemon: what was under way in it is lost, what runs on this machine runs on.
  void lose_the_daemon() {
    if (state_.last_status < TaskStatus::kPending || over()) return;
    const TaskView stored = task_view(nullptr, state_, {});
    std::vector<Found> found(state_.containers.size());
    std::vector<Action> kept;
    for (const Action& a : pending_) {
      const auto* start = std::get_if<StartContainer>(&a);
      if (start && pick(2) == 0) {  // its shim was there already
        found[start->container].shim_alive = true;
        kept.push_back(a);
      } else if (start) {
        starting_.erase(start->container);
      } else if (std::holds_alternative<ReleaseTask>(a)) {
        --releases_;
        if (pick(2) == 0) network_ = false;
      } else if (std::holds_alternative<SignalContainer>(a) && pick(2) == 0) {
        kept.push_back(a);  // it had arrived
      }
    }
    pending_ = std::move(kept);
    for (const auto& [i, since] : alive_) {
      found[i].started = ContainerStarted{i, since};
      found[i].shim_alive = true;
    }
    if (!alive_.empty() && pick(2) == 0) {  // one ended while nobody looked
      const std::size_t i = alive_.begin()->first;
      alive_.erase(i);
      found[i].shim_alive = false;
      found[i].exited = ContainerExited{i, pick(3), false, now_, {}};
    }
    now_ += milliseconds{pick(20'000)};
    adopt(stored, found);
  }

  void adopt(const TaskView& stored, const std::vector<Found>& found) {
    state_ = restored_state(definition_, stored, early_, network_, found, now_);
    Actions again = resume_actions(state_, found);
    if (state_.network == NetworkPhase::kNone && !again.empty())
      state_.network = NetworkPhase::kRequested;
    for (const Action& a : again) take(a);
    for (const Found& f : found) {
      if (f.failed) apply(*f.failed);
      if (f.exited) apply(*f.exited);
    }
    apply(Tick{});
  }

  // ---- what must hold ----
  using Times = std::vector<std::optional<Time>>;
  Times times() const {
    return {state_.created_at,      state_.connectivity_at,      state_.started_at,
            state_.stopping_at,     state_.execution_stopped_at, state_.stopped_at,
            state_.pull_started_at, state_.pull_stopped_at};
  }

  void check_times(const Times& before, bool pull_failed) const {
    const Times after = times();
    for (std::size_t i = 0; i < after.size(); ++i)
      if (before[i] && !(pull_failed && i >= 6)) {
        EXPECT_EQ(after[i], before[i]) << "time " << i;
      }
    auto ordered = [](const std::optional<Time>& a, const std::optional<Time>& b) {
      return !a || !b || *a <= *b;
    };
    const TaskState& s = state_;
    EXPECT_TRUE(ordered(s.created_at, s.connectivity_at));
    EXPECT_TRUE(ordered(s.created_at, s.pull_started_at));
    EXPECT_TRUE(ordered(s.pull_started_at, s.pull_stopped_at));
    EXPECT_TRUE(ordered(s.pull_stopped_at, s.started_at));
    EXPECT_TRUE(ordered(s.connectivity_at, s.started_at));
    EXPECT_TRUE(ordered(s.started_at, s.stopping_at));
    EXPECT_TRUE(ordered(s.stopping_at, s.stopped_at));
    EXPECT_TRUE(ordered(s.execution_stopped_at, s.stopped_at));
    for (const ContainerState& c : s.containers) {
      EXPECT_TRUE(ordered(c.created_at, c.started_at));
      EXPECT_TRUE(ordered(c.started_at, c.restarted_at));
      EXPECT_TRUE(ordered(c.started_at, c.finished_at));
    }
  }

  void check_the_end() {
    EXPECT_EQ(state_.last_status, TaskStatus::kStopped);
    EXPECT_EQ(releases_, 1);
    EXPECT_TRUE(alive_.empty() && starting_.empty());
    EXPECT_TRUE(state_.stopped_at && state_.stopping_at && state_.execution_stopped_at);
    EXPECT_FALSE(state_.stop_code.empty());
    EXPECT_FALSE(next_deadline(state_));
    for (const ContainerState& c : state_.containers) {
      EXPECT_TRUE(c.stopped());
      if (!c.started_at) {
        EXPECT_TRUE(!c.exit_code || c.exit_code == 143);
      }
      if (c.restart_count) {
        EXPECT_TRUE(c.rules.restart && c.rules.restart->enabled);
      }
    }
    // It is final.
    const std::string reason = state_.stopped_reason;
    apply(StopRequested{"UserInitiated", "again", true});
    apply(ContainerStarted{0, now_});
    apply(ContainerExited{0, 1, true, now_, "late"});
    apply(NetworkReady{});
    apply(Released{});
    wait(seconds{600});
    EXPECT_EQ(state_.stopped_reason, reason);
  }

  std::mt19937 rng_;
  bool early_;
  taskdef::TaskDefinition definition_;
  TaskState state_;
  Time now_{seconds{1'000'000}};
  std::vector<Action> pending_;               // asked for, and not done
  std::map<std::size_t, Time> alive_;         // containers with a process, since when
  std::set<std::size_t> starting_, started_;  // being started; started at least once
  bool network_ = false;
  int releases_ = 0;
};

unsigned from_environment(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : otherwise;
}

TEST(LifecycleProperty, RandomLivesKeepTheInvariants) {
  const unsigned first = from_environment("DRYDOCK_LIFECYCLE_SEED", 0);
  const unsigned count = from_environment("DRYDOCK_LIFECYCLE_SEQUENCES", 3000);
  for (unsigned i = 0; i < count; ++i) {
    RandomWorld(first + i).live();
    if (HasFailure()) FAIL() << "DRYDOCK_LIFECYCLE_SEED=" << first + i;
  }
}

}  // namespace
}  // namespace drydock::runtime::lifecycle
