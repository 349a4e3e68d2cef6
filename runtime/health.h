#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/loop.h"
#include "base/unique_fd.h"

namespace drydock::runtime {

struct ProbeRequest {
  std::string runtime_id;            // of the container
  std::vector<std::string> command;  // healthCheck.command: CMD, CMD-SHELL or bare words
  Duration timeout{};                // counts from the start of the probe's own process
};
struct ProbeResult {
  int exit_code = -1;  // -1: timed out, or could not be run
  std::string output;  // stdout and stderr, at most limits::kHealthOutput bytes
};

// What to run for a healthCheck.command (firelens-and-lifecycle.md B8). Empty when there is nothing
// to run.
std::vector<std::string> probe_arguments(const std::vector<std::string>& command);

// Runs health checks with `runc exec`, a few at a time (decision 25): each costs about 20 ms of a
// core. Loop thread only.
class Prober {
 public:
  // `runtime` is runc or crun, `root` its state folder; `scratch`, which is there, takes
  // short-lived pid files. A probe that the runtime has not started after `start_patience` has
  // failed.
  Prober(Loop& loop, std::string runtime, std::string root, std::string scratch, int at_once,
         Duration start_patience = std::chrono::seconds(30));
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  // `done` is called on the loop, once, always later.
  void probe(ProbeRequest request, std::function<void(ProbeResult)> done);

 private:
  struct Running;
  void next();
  void start(const ProbeRequest& request, std::function<void(ProbeResult)> done);
  void look_for_starts();
  void finish(const std::shared_ptr<Running>& running, ProbeResult result);

  Loop& loop_;
  std::string runtime_, root_, scratch_;
  int free_;
  Duration start_patience_;
  UniqueFd watch_;  // of scratch_: the runtime writes a probe's pid file when it has started it
  Loop::Handle on_watch_;
  unsigned long long count_ = 0;
  std::deque<std::pair<ProbeRequest, std::function<void(ProbeResult)>>> waiting_;
  std::vector<std::shared_ptr<Running>> running_;
};

}  // namespace drydock::runtime
