#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "runtime/task_view.h"

// The life of one task as values. step.h decides; this page says what there is to decide on. No
// I/O, no clock.
namespace drydock::runtime::lifecycle {

// What a container waits for. kCreate is implied by volumesFrom (firelens-and-lifecycle.md B4.5).
enum class Wait { kCreate, kStart, kComplete, kSuccess, kHealthy };

struct Dependency {
  std::size_t on = 0;  // index of the container waited for
  Wait until = Wait::kStart;
  bool operator==(const Dependency&) const = default;
};

// What the task definition says about one container; never changes.
struct ContainerRules {
  std::string name;
  bool essential = true;
  std::vector<Dependency> depends_on;
  std::optional<Duration> start_timeout;
  Duration stop_timeout = std::chrono::seconds(30);
  std::optional<taskdef::HealthCheck> health;
  std::optional<taskdef::RestartPolicy> restart;
};

struct ContainerState {
  ContainerRules rules;
  ContainerStatus known = ContainerStatus::kNone;
  bool desired_stopped = false;
  bool starting = false;  // a StartContainer action is under way
  bool stop_sent = false;
  bool kill_sent = false;
  std::optional<Time> kill_at;
  std::optional<int> exit_code;
  std::string reason;
  std::optional<Time> created_at, started_at, finished_at;
  int restart_count = 0;
  std::optional<Time> restarted_at;  // the newest start, when it is not the first
  std::optional<int> last_code;      // how it ended before the restart that is under way
  // Health (B8)
  HealthView health;
  std::optional<Time> health_from;  // startPeriod counts from here: the newest start
  int failures = 0;                 // in a row, that count
  bool probing = false;             // a Probe action is under way
  bool had_success = false;         // since the last start
  int early_probes = 0;
  std::optional<Time> next_probe;
  std::optional<Time> first_regular_probe;

  // A process of it exists, or is being made.
  bool alive() const { return known == ContainerStatus::kRunning || starting; }
  // It can be signalled: during a restart there is no process, whatever is shown.
  bool has_process() const { return known == ContainerStatus::kRunning && !starting; }
  bool stopped() const { return known == ContainerStatus::kStopped; }
};

enum class NetworkPhase { kNone, kRequested, kReady, kReleasing, kReleased };

struct TaskState {
  std::string arn;
  std::vector<ContainerState> containers;
  TaskStatus last_status = TaskStatus::kProvisioning;
  bool desired_stopped = false;
  NetworkPhase network = NetworkPhase::kNone;
  bool ports_pending = false;  // RUNNING means that the published ports answer
  bool stop_now = false;       // kill without waiting
  bool early_health = true;
  int version = 1;
  std::optional<Time> created_at, connectivity_at, pull_started_at, pull_stopped_at, started_at,
      stopping_at, execution_stopped_at, stopped_at;
  std::string stop_code;
  std::string stopped_reason;
  std::string attachment_status = "PRECREATED";
};

// ---- Events: what happened
// -----------------------------------------------------------------------------------------

struct Begin {};  // the task was accepted
struct NetworkReady {
  bool ports_follow = false;  // published ports are being set up: PortsPublished tells the end
};
struct PortsPublished {};
struct NetworkFailed {
  std::string message;
};
struct Released {};  // everything the task had on this machine is gone
struct ImagePulled {
  std::size_t container = 0;
};
struct PullFailed {
  std::size_t container = 0;
  std::string reason;  // the task's stoppedReason, with the error's name
};
struct ContainerCreated {
  std::size_t container = 0;
};
struct ContainerStarted {
  std::size_t container = 0;
  Time at;
};
enum class StartError { kCreate, kStart, kResource };
struct StartFailed {
  std::size_t container = 0;
  StartError kind = StartError::kStart;
  std::string message;  // without the error's name
};
struct ContainerExited {
  std::size_t container = 0;
  int code = 0;
  bool out_of_memory = false;
  Time at;
  std::string reason;  // something only the engine knows (a lost shim: the code is not the
                       // container's own); usually empty
};
struct Probed {
  std::size_t container = 0;
  int exit_code = 0;  // -1: timed out or could not run
  std::string output;
};
struct StopRequested {
  std::string code;
  std::string reason;
  bool now = false;
};
struct Tick {};  // a deadline may have passed

using Event = std::variant<Begin, NetworkReady, NetworkFailed, Released, ImagePulled, PullFailed,
                           ContainerCreated, ContainerStarted, StartFailed, ContainerExited, Probed,
                           StopRequested, Tick, PortsPublished>;
inline constexpr std::size_t kEventKinds = std::variant_size_v<Event>;

// ---- Actions: what to do now
// ---------------------------------------------------------------------------------------

struct AcquireNetwork {};
struct PullImage {
  std::size_t container = 0;
  bool operator==(const PullImage&) const = default;
};
struct StartContainer {
  std::size_t container = 0;
  bool again = false;  // restart in place: same bundle, same root file system
  bool operator==(const StartContainer&) const = default;
};
struct SignalContainer {
  std::size_t container = 0;
  bool kill = false;  // SIGKILL; else the image's STOPSIGNAL or SIGTERM
  bool now = false;   // with kill: nothing that the first signal waits for matters any more
  bool operator==(const SignalContainer&) const = default;
};
struct Probe {
  std::size_t container = 0;
  bool operator==(const Probe&) const = default;
};
struct ReleaseTask {};  // namespace, mounts, cgroups, folders

using Action =
    std::variant<AcquireNetwork, PullImage, StartContainer, SignalContainer, Probe, ReleaseTask>;
using Actions = std::vector<Action>;

}  // namespace drydock::runtime::lifecycle
