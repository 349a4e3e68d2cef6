#include "runtime/lifecycle/step.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "runtime/lifecycle/depends_on.h"
#include "runtime/lifecycle/health_rules.h"

namespace drydock::runtime::lifecycle {
namespace {

using std::chrono::seconds;
constexpr int kDependencyFailed = 143;  // exit code of a container whose dependency failed (B4.2)

// Which events mean something in which status, in the order of Event:
//   Begin NetReady NetFailed Released Pulled PullFailed Created Started StartFailed Exited Probed
//   Stop Tick Ports
// Work that was under way when a task was told to stop still ends later: those ends are expected
// until STOPPED. An event without a mark is ignored: it is the late echo of something already given
// up.
using Row = std::array<bool, kEventKinds>;
constexpr Row row(std::string_view marks) {
  Row r{};
  for (std::size_t i = 0; i < kEventKinds; ++i) r[i] = marks[i] == 'x';
  return r;
}
constexpr std::array<Row, 8> kExpected = {
    row("xxx-xxxxxxxxxx"),  // PROVISIONING
    row("xxx-xxxxxxxxxx"),  // PENDING: without an interface to wait for it is the first one
    row("--------xxxxxx"),  // ACTIVATING (services)
    row("------xxxxxxxx"),  // RUNNING: Created and Started belong to a restart
    row("--------xxxxxx"),  // DEACTIVATING (services)
    row("------xxxxxxxx"),  // STOPPING
    row("-xxx--xxxxxxx-"),  // DEPROVISIONING
    row("--------------"),  // STOPPED
};

std::string cut(std::string text, std::size_t most) {
  if (text.size() > most) text.resize(most);
  return text;
}

// What ECS sends an event for when it changes, beside the task's status (api.md part 6).
struct Shown {
  struct Container {
    std::string_view status;
    Health health = Health::kUnknown;
    std::optional<int> code;
    bool operator==(const Container&) const = default;
  };
  bool stopped = false;
  std::vector<Container> containers;
  bool operator==(const Shown&) const = default;
};
Shown shown(const TaskState& s) {
  Shown out{s.desired_stopped, {}};
  for (const auto& c : s.containers)
    out.containers.push_back({api_name(c.known), c.health.status, c.exit_code});
  return out;
}

class Stepper {
 public:
  Stepper(TaskState state, Time now) : s_(std::move(state)), now_(now) {}

  Step run(const Event& event) {
    if (!expects(s_.last_status, event.index())) return {std::move(s_), {}};
    const int version = s_.version;
    const auto before = shown(s_);
    std::visit([this](const auto& e) { on(e); }, event);
    advance();
    if (s_.version == version && shown(s_) != before) ++s_.version;
    return {std::move(s_), std::move(actions_)};
  }

 private:
  // ---- what happened ----
  void on(const Begin&) {
    s_.created_at = now_;
    if (depends_in_a_circle(s_))
      return stop_task(
          "TaskFailedToStart",
          "TaskDependencyError: Task dependencies cannot be resolved, taskArn: " + s_.arn);
    if (s_.network == NetworkPhase::kNone) {
      s_.network = NetworkPhase::kRequested;
      actions_.emplace_back(AcquireNetwork{});
    }
    for (std::size_t i = 0; i < s_.containers.size(); ++i) actions_.emplace_back(PullImage{i});
    s_.pull_started_at = now_;
  }

  void on(const NetworkReady& e) {
    s_.ports_pending = e.ports_follow;
    s_.network = NetworkPhase::kReady;
    s_.attachment_status = "ATTACHED";
    s_.connectivity_at = now_;
    if (s_.last_status == TaskStatus::kProvisioning) enter(TaskStatus::kPending);
  }

  void on(const NetworkFailed& e) {
    s_.network = NetworkPhase::kReleased;
    s_.attachment_status = "FAILED";
    stop_task("TaskFailedToStart",
              "ResourceInitializationError: unable to set up the task's network: " + e.message);
  }

  void on(const Released&) {
    s_.network = NetworkPhase::kReleased;
    s_.attachment_status = "DELETED";
    s_.stopped_at = now_;
    enter(TaskStatus::kStopped);
  }

  void on(const ImagePulled& e) {
    ContainerState& c = s_.containers[e.container];
    if (c.known < ContainerStatus::kPulled) c.known = ContainerStatus::kPulled;
    const bool all = std::all_of(s_.containers.begin(), s_.containers.end(),
                                 [](const auto& x) { return x.known >= ContainerStatus::kPulled; });
    if (all && !s_.pull_stopped_at) s_.pull_stopped_at = now_;
  }

  void on(const PullFailed& e) {
    // Fargate fails the whole task, even for a non-essential container (B2), and names the cause in
    // the task only.
    s_.pull_started_at.reset();
    s_.pull_stopped_at.reset();
    stop_task("TaskFailedToStart", e.reason);
  }

  void on(const ContainerCreated& e) {
    ContainerState& c = s_.containers[e.container];
    if (c.known < ContainerStatus::kCreated) {
      c.known = ContainerStatus::kCreated;
      if (!c.created_at) c.created_at = now_;
    }
  }

  void on(const ContainerStarted& e) {
    ContainerState& c = s_.containers[e.container];
    if (c.stopped()) return;
    c.starting = false;
    c.known = ContainerStatus::kRunning;
    if (!c.created_at) c.created_at = e.at;
    if (c.started_at)
      c.restarted_at = e.at;
    else
      c.started_at = e.at;
    c.last_code.reset();
    begin_health(c, s_.early_health, e.at);
  }

  void on(const StartFailed& e) {
    ContainerState& c = s_.containers[e.container];
    if (c.stopped()) return;
    if (e.kind == StartError::kResource) {
      settle(c, {});
      stop_task("TaskFailedToStart", "ResourceInitializationError: " + e.message);
      return;
    }
    const char* name = e.kind == StartError::kCreate ? "CannotCreateContainerError: "
                                                     : "CannotStartContainerError: ";
    c.reason = cut(name + e.message, limits::kReason);
    settle(c, c.last_code);  // of a restart that failed: how it had ended
    if (c.rules.essential) stop_task_for_its_container();
  }

  void on(const ContainerExited& e) {
    ContainerState& c = s_.containers[e.container];
    if (c.stopped()) return;
    if (restarts(c, e)) {  // it stays RUNNING for everybody else: same container, same start
      ++c.restart_count;
      c.last_code = e.code;
      c.starting = true;
      begin_health(c, s_.early_health, e.at);
      c.next_probe.reset();  // planned again when it has started
      actions_.emplace_back(StartContainer{e.container, true});
      return;
    }
    if (e.out_of_memory)
      c.reason = "OutOfMemoryError: Container killed due to memory usage";
    else if (!e.reason.empty())
      c.reason = cut(e.reason, limits::kReason);
    settle(c, e.code);
    c.finished_at = e.at;
    if (!c.rules.essential) return;
    if (!s_.execution_stopped_at) s_.execution_stopped_at = e.at;
    if (!s_.desired_stopped)
      stop_task("EssentialContainerExited", "Essential container in task exited");
  }

  void on(const Probed& e) { count_probe(s_.containers[e.container], e, s_.early_health, now_); }

  void on(const StopRequested& e) {
    if (e.now) s_.stop_now = true;
    if (!s_.desired_stopped) stop_task(e.code, e.reason);
  }

  void on(const Tick&) {}

  void on(const PortsPublished&) { s_.ports_pending = false; }

  // ---- what follows ----
  void advance() {
    if (!s_.desired_stopped) give_up_what_never_can();
    start_what_can();
    stop_what_must();
    kill_what_is_late();
    probe_what_is_due();
    settle_status();
  }

  // Not started, not starting, and not told to stop.
  static bool waits(const ContainerState& c) {
    return !c.desired_stopped && !c.starting && c.known < ContainerStatus::kCreated;
  }

  // A failed dependency fails its dependents, in any order of definition.
  void give_up_what_never_can() {
    for (bool again = true; again;) {
      again = false;
      for (std::size_t i = 0; i < s_.containers.size(); ++i) {
        ContainerState& c = s_.containers[i];
        if (!waits(c)) continue;
        const Verdict v = readiness(s_, i, now_);
        if (v.readiness != Readiness::kNever) continue;
        c.reason = cut("CannotStartContainerError: " + v.why, limits::kReason);
        settle(c, kDependencyFailed);
        if (c.rules.essential) stop_task_for_its_container();
        again = true;
      }
    }
  }

  void start_what_can() {
    if (s_.desired_stopped || s_.network != NetworkPhase::kReady) return;
    for (std::size_t i = 0; i < s_.containers.size(); ++i) {
      ContainerState& c = s_.containers[i];
      if (!waits(c) || c.known != ContainerStatus::kPulled ||
          readiness(s_, i, now_).readiness != Readiness::kReady)
        continue;
      c.starting = true;
      actions_.emplace_back(StartContainer{i, false});
    }
  }

  void stop_what_must() {
    if (!s_.desired_stopped) return;
    for (ContainerState& c : s_.containers) {
      c.desired_stopped = true;
      if (!c.stopped() && !c.alive()) settle(c, {});  // never ran: no exit code
    }
    for (std::size_t i = 0; i < s_.containers.size(); ++i) {
      ContainerState& c = s_.containers[i];
      if (!c.has_process() || c.kill_sent) continue;
      if (s_.stop_now) {
        c.stop_sent = c.kill_sent = true;
        c.kill_at.reset();
        actions_.emplace_back(SignalContainer{i, true, true});
      } else if (!c.stop_sent && may_stop(s_, i)) {
        c.stop_sent = true;
        c.kill_at = now_ + c.rules.stop_timeout;
        actions_.emplace_back(SignalContainer{i, false});
      }
    }
  }

  void kill_what_is_late() {
    for (std::size_t i = 0; i < s_.containers.size(); ++i) {
      ContainerState& c = s_.containers[i];
      if (!c.has_process() || c.kill_sent || !c.kill_at || *c.kill_at > now_) continue;
      c.kill_sent = true;
      c.kill_at.reset();
      actions_.emplace_back(SignalContainer{i, true});
    }
  }

  void probe_what_is_due() {
    for (std::size_t i = 0; i < s_.containers.size(); ++i)
      if (take_due_probe(s_.containers[i], now_)) actions_.emplace_back(Probe{i});
  }

  void settle_status() {
    const auto& all = s_.containers;
    const bool any_alive =
        std::any_of(all.begin(), all.end(), [](const auto& c) { return c.alive(); });
    if (!s_.desired_stopped) {
      const bool up = std::all_of(all.begin(), all.end(), [](const auto& c) {
        return c.known >= ContainerStatus::kRunning && !c.starting;
      });
      if (s_.last_status == TaskStatus::kPending && up && !s_.ports_pending) {
        s_.started_at = now_;
        enter(TaskStatus::kRunning);
      }
      return;
    }
    if (s_.last_status < TaskStatus::kStopping) {
      // A task that failed to start goes straight to DEPROVISIONING (api.md 3.4).
      const bool visible = any_alive && (s_.started_at || s_.stop_code != "TaskFailedToStart");
      enter(visible ? TaskStatus::kStopping : TaskStatus::kDeprovisioning);
    }
    if (any_alive) return;
    if (!s_.execution_stopped_at) s_.execution_stopped_at = now_;
    if (s_.last_status == TaskStatus::kStopping) enter(TaskStatus::kDeprovisioning);
    if (s_.last_status != TaskStatus::kDeprovisioning) return;
    // A namespace still being made comes first: it must exist to be released.
    if (s_.network == NetworkPhase::kReady || s_.network == NetworkPhase::kNone) {
      s_.network = NetworkPhase::kReleasing;
      s_.attachment_status = "DETACHING";
      actions_.emplace_back(ReleaseTask{});
    } else if (s_.network == NetworkPhase::kReleased) {
      s_.network = NetworkPhase::kReleasing;  // no network, but folders and cgroups
      actions_.emplace_back(ReleaseTask{});
    }
  }

  // ---- small words ----
  void enter(TaskStatus status) {
    if (s_.last_status == status) return;
    s_.last_status = status;
    ++s_.version;
  }

  void stop_task(std::string code, std::string reason) {
    if (s_.desired_stopped) return;
    s_.desired_stopped = true;
    s_.stopping_at = now_;
    s_.stop_code = std::move(code);
    s_.stopped_reason = cut(std::move(reason), limits::kStoppedReason);
  }

  // An essential container could not be started.
  void stop_task_for_its_container() {
    if (s_.started_at)
      stop_task("EssentialContainerExited", "Essential container in task exited");
    else
      stop_task("TaskFailedToStart", "Task failed to start");
  }

  void settle(ContainerState& c, std::optional<int> code) {
    c.known = ContainerStatus::kStopped;
    c.desired_stopped = true;
    c.starting = false;
    c.probing = false;
    c.exit_code = code;
    c.kill_at.reset();
    c.next_probe.reset();
  }

  // B9: a minimum run time, not a delay; code 0 restarts too. A reason that comes with the exit
  // means that its code is not known.
  bool restarts(const ContainerState& c, const ContainerExited& e) const {
    if (!c.rules.restart || !c.rules.restart->enabled || s_.desired_stopped || c.desired_stopped)
      return false;
    if (!e.reason.empty()) return false;
    const auto& ignored = c.rules.restart->ignored_exit_codes;
    if (std::find(ignored.begin(), ignored.end(), e.code) != ignored.end()) return false;
    const std::optional<Time> since = c.restarted_at ? c.restarted_at : c.started_at;
    return since && e.at - *since >= seconds(c.rules.restart->restart_attempt_period);
  }

  TaskState s_;
  Time now_;
  Actions actions_;
};

}  // namespace

Step step(TaskState state, const Event& event, Time now) {
  return Stepper(std::move(state), now).run(event);
}

bool expects(TaskStatus status, std::size_t event_kind) {
  return kExpected[static_cast<std::size_t>(status)][event_kind];
}

std::optional<Time> next_deadline(const TaskState& state) {
  std::optional<Time> next = next_start_timeout(state);
  auto sooner = [&](const std::optional<Time>& t) {
    if (t && (!next || *t < *next)) next = t;
  };
  for (const ContainerState& c : state.containers) {
    if (!c.kill_sent) sooner(c.kill_at);
    if (c.known == ContainerStatus::kRunning && !c.probing && !c.stop_sent) sooner(c.next_probe);
  }
  return next;
}

}  // namespace drydock::runtime::lifecycle
