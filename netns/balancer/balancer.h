#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"

// Load balancers' target groups: one address of this machine for each, behind which connections are
// carried to the tasks that are its targets (api.md 5.6). Bytes are passed on as they come: what an
// application load balancer does to HTTP is not done.
namespace drydock::netns {

enum class TargetHealth { kInitial, kHealthy, kUnhealthy };

struct Target {
  std::string id;       // of the task
  std::string address;  // where it is reached from this machine
  int port = 0;
};

// How a target is looked at: by a TCP connection, or by GET of a path, which is well with a status
// from 200 to 399.
struct HealthCheck {
  std::string path;                                          // empty: TCP
  Duration interval = std::chrono::seconds(5);               // once it was seen healthy
  Duration first_interval = std::chrono::milliseconds(100);  // until then
  Duration timeout = std::chrono::seconds(2);
  int unhealthy_after = 2;  // failures in a row, for one that was healthy
  // For one that never was: unhealthy once this has passed.
  Duration patience = std::chrono::seconds(60);
};

struct BalancerHooks {
  // A target's health has changed; `why` is told of an unhealthy one: "Health checks failed with
  // these codes: [502]" or what connect() said. Called on the balancer's thread.
  std::function<void(const std::string& group, const std::string& target, TargetHealth health,
                     const std::string& why)>
      changed;
};

// One thread carries all connections and looks at all targets. Connections go to healthy targets in
// turn, to others only when there is no healthy one; a target that does not take one is passed
// over. Thread-safe.
class Balancer {
 public:
  explicit Balancer(BalancerHooks hooks);
  ~Balancer();  // closes everything
  Balancer(const Balancer&) = delete;
  Balancer& operator=(const Balancer&) = delete;

  // Listens for a group at 127.0.0.1:port; 0: any port. Gives back the port, also of a group that
  // is open already. kExists: the port is another program's.
  Result<int> open(const std::string& group, int port, HealthCheck check);
  // Drops the group's targets and connections.
  void close(const std::string& group);

  void add(const std::string& group, Target target);
  // No new connection goes there. `drained` is called, on the balancer's thread, once none is left,
  // or none moved a byte lately, or `patience` is over; what is left then is cut. At once when the
  // target is not there.
  void remove(const std::string& group, const std::string& target, Duration patience,
              std::function<void()> drained);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace drydock::netns
