#include "metadata/task_faults.h"

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/logging.h"

namespace drydock::metadata {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(5);  // metadata.md 13

netns::FaultPlan plan_on_record(const std::string& file) {
  const auto text = read_file(file, 1U << 22);
  if (!text) return {};  // the usual case: no fault was ever on
  const auto json = parse_json(*text);
  auto plan = json ? faults_of_json(*json) : tl::unexpected(json.error());
  if (plan) return std::move(*plan);
  log::debug(file + ": " + plan.error().message);
  return {};
}

}  // namespace

struct TaskFaults::State {
  std::string record_file;
  Apply apply;

  std::mutex mutex;  // guards what follows
  std::condition_variable settled;
  netns::FaultPlan plan;
  bool changing = false;

  // With `changing` set, so alone.
  Status make_real(const netns::FaultPlan& before, const netns::FaultPlan& wanted) {
    // First the file: a daemon that is killed in between leaves the next one to finish.
    DRYDOCK_TRY(write_file_atomic(record_file, dump_json(fault_json(wanted)), 0600));
    auto applied = apply(wanted);
    if (applied) return {};
    (void)apply(before);  // ignoring: the first error is the one to tell
    (void)write_file_atomic(record_file, dump_json(fault_json(before)), 0600);
    return applied;
  }
};

TaskFaults::TaskFaults(WorkerPool& pool, std::string record_file, Apply apply)
    : pool_(pool), state_(std::make_shared<State>()) {
  state_->plan = plan_on_record(record_file);
  state_->record_file = std::move(record_file);
  state_->apply = std::move(apply);
}

netns::FaultPlan TaskFaults::now() const {
  const std::lock_guard lock(state_->mutex);
  return state_->plan;
}

Status TaskFaults::change(const Edit& edit) {
  const auto deadline = Clock::now() + kPatience;
  const auto late = [] { return fail(Errc::kTimeout, "the network took longer than 5 s"); };
  auto outcome = std::make_shared<std::optional<Status>>();
  std::unique_lock lock(state_->mutex);
  if (!state_->settled.wait_until(lock, deadline, [this] { return !state_->changing; }))
    return late();
  netns::FaultPlan wanted = state_->plan;
  const auto edited = edit(wanted);
  if (!edited) return fail(Errc::kExists, edited.error());
  if (!*edited) return {};
  state_->changing = true;
  pool_.post([state = state_, before = state_->plan, wanted = std::move(wanted), outcome] {
    auto made = state->make_real(before, wanted);
    const std::lock_guard guard(state->mutex);
    if (made) state->plan = wanted;
    *outcome = std::move(made);
    state->changing = false;
    state->settled.notify_all();
  });
  if (!state_->settled.wait_until(lock, deadline, [&] { return outcome->has_value(); }))
    return late();
  return **outcome;
}

void TaskFaults::restore() {
  netns::FaultPlan plan;
  {
    const std::lock_guard lock(state_->mutex);
    // A change that is under way writes all faults, those of the earlier daemon among them.
    if (state_->changing || (state_->plan.black_holes.empty() && !state_->plan.impairment)) return;
    state_->changing = true;
    plan = state_->plan;
  }
  pool_.post([state = state_, plan = std::move(plan)] {
    if (auto made = state->apply(plan); !made)
      log::debug("faults of an earlier daemon: " + made.error().message);
    const std::lock_guard guard(state->mutex);
    state->changing = false;
    state->settled.notify_all();
  });
}

}  // namespace drydock::metadata
