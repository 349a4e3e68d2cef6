#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/loop.h"
#include "netns/faults/plan.h"

namespace drydock::metadata {

// The faults of one task: which are on, made real one change after the other, and remembered in a
// file for the next daemon. Thread-safe.
class TaskFaults {
 public:
  // Makes exactly the faults of a plan real. Called on the pool, never twice at once.
  using Apply = std::function<Status(const netns::FaultPlan&)>;
  // What the file of an earlier daemon says is on from the start: so an answer never denies it.
  TaskFaults(WorkerPool& pool, std::string record_file, Apply apply);

  netns::FaultPlan now() const;

  // Changes a copy of what is on; false: nothing is to be changed, and the error says why not.
  using Edit = std::function<tl::expected<bool, std::string>(netns::FaultPlan&)>;
  // What `edit` refuses is kExists; kTimeout when it takes longer than the agent waits (5 s); else
  // the error of Apply, and what was on before stays on.
  Status change(const Edit& edit);

  // Makes what was on record real again. Does not wait.
  void restore();

 private:
  struct State;
  WorkerPool& pool_;
  std::shared_ptr<State> state_;
};

// The file's text, and back.
Json fault_json(const netns::FaultPlan& plan);
Result<netns::FaultPlan> faults_of_json(const Json& json);

}  // namespace drydock::metadata
