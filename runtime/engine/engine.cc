#include "runtime/engine/engine.h"

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "base/logging.h"
#include "runtime/engine/executor.h"
#include "runtime/engine/view.h"
#include "runtime/lifecycle/depends_on.h"
#include "runtime/lifecycle/step.h"

namespace drydock::runtime {
namespace {

using lifecycle::Event;

constexpr std::size_t kMostNotes = 64;  // of a task

class TaskEngine final : public Engine {
 public:
  TaskEngine(Loop& loop, EngineOptions options, EngineHooks hooks)
      : loop_(loop), options_(options), hooks_(std::move(hooks)) {}

  Status make(
      const std::function<Result<std::unique_ptr<Executor>>(ExecutorEvents)>& make_executor) {
    ExecutorEvents events;
    events.report = [this](const std::string& id, const std::function<void(TaskFacts&)>& facts,
                           std::optional<Event> event) { report(id, facts, std::move(event)); };
    events.listener = [this](const std::string& id, UniqueFd fd) {
      if (hooks_.network_ready) hooks_.network_ready(id, std::move(fd));
    };
    events.aws_listener = [this](const std::string& id, UniqueFd fd) {
      if (hooks_.aws_ready) hooks_.aws_ready(id, std::move(fd));
    };
    DRYDOCK_LET(executor_, make_executor(std::move(events)));
    return {};
  }

  void run(std::shared_ptr<const TaskSpec> spec) override {
    const std::string id = spec->task_id;
    Runner& r = runners_[id];
    r.state = lifecycle::initial_state(spec->definition, options_.early_health);
    r.state.arn = spec->task_arn;
    if (options_.quick_health) hasten(r.state);
    r.facts.containers.resize(r.state.containers.size());
    r.spec = std::move(spec);
    executor_->begin(r.spec);
    dispatch(id, lifecycle::Begin{});
  }

  void stop(const std::string& task_id, StopRequest request) override {
    dispatch(task_id, lifecycle::StopRequested{std::move(request.code), std::move(request.reason),
                                               request.now});
  }

  Status forget(const std::string& task_id) override {
    auto at = runners_.find(task_id);
    if (at == runners_.end()) return fail(Errc::kNotFound, "task " + task_id + " is not known");
    if (at->second.state.last_status != TaskStatus::kStopped)
      return fail(Errc::kBusy, "task " + task_id + " is " +
                                   std::string(api_name(at->second.state.last_status)) +
                                   ": stop it first");
    executor_->forget(task_id);
    runners_.erase(at);
    world_.update([&](World& world) { world.tasks.erase(task_id); });
    return {};
  }

  void adopt(std::shared_ptr<const TaskView> stored) override {
    const std::string id = stored->spec->task_id;
    Runner& r = runners_[id];
    r.spec = stored->spec;
    Adopted found;
    if (stored->last_status != TaskStatus::kStopped) {
      executor_->begin(r.spec);
      found = executor_->adopt(r.spec, *stored);
    } else {
      executor_->adopt_stopped(*r.spec);
      found.facts.networks = stored->networks;
      found.facts.notes = stored->notes;
      for (const ContainerView& c : stored->containers)
        found.facts.containers.push_back(
            {c.image_digest, c.image_id, 0, c.bundle, c.cgroup, c.log_folder, c.ports});
    }
    r.facts = std::move(found.facts);
    r.facts.containers.resize(r.spec->definition.containers.size());
    r.state = lifecycle::restored_state(r.spec->definition, *stored, options_.early_health,
                                        found.network_found, found.containers, now());
    if (options_.quick_health) hasten(r.state);
    publish(r);
    if (stored->last_status == TaskStatus::kStopped) return;
    lifecycle::Actions again = lifecycle::resume_actions(r.state, found.containers);
    if (r.state.network == lifecycle::NetworkPhase::kNone && !again.empty())
      r.state.network = lifecycle::NetworkPhase::kRequested;
    for (const auto& action : again) executor_->perform(id, action);
    for (const lifecycle::Found& c : found.containers) {
      if (c.failed) dispatch(id, *c.failed);
      if (c.exited) dispatch(id, *c.exited);
    }
    dispatch(id, lifecycle::Tick{});
  }

  void note(const std::string& task_id, const std::string& text) override {
    auto at = runners_.find(task_id);
    if (at != runners_.end() && add_note(at->second.facts, text)) publish(at->second);
  }

  const PublishedWorld& world() const override { return world_; }
  void end() override { executor_->end(); }

 private:
  struct Runner {
    std::shared_ptr<const TaskSpec> spec;
    lifecycle::TaskState state;
    TaskFacts facts;
    Loop::Handle timer;
    std::optional<Time> due;
  };

  static void hasten(lifecycle::TaskState& state) {
    for (auto& c : state.containers)
      if (auto& health = c.rules.health) {
        health->interval = health->retries = 1;
        health->start_period = 0;
      }
  }

  static bool add_note(TaskFacts& facts, const std::string& text) {
    auto& notes = facts.notes;
    if (notes.size() >= kMostNotes || std::find(notes.begin(), notes.end(), text) != notes.end())
      return false;
    notes.push_back(text);
    return true;
  }

  void report(const std::string& id, const std::function<void(TaskFacts&)>& facts,
              std::optional<Event> event) {
    auto at = runners_.find(id);
    if (at == runners_.end()) return;
    if (facts) facts(at->second.facts);
    if (event)
      dispatch(id, *event);
    else
      publish(at->second);
  }

  // Decides, shows, then does: what a container can ask about itself is visible before it runs.
  void dispatch(const std::string& id, const Event& event) {
    auto at = runners_.find(id);
    if (at == runners_.end()) return;
    Runner& r = at->second;
    lifecycle::Step step = lifecycle::step(std::move(r.state), event, now());
    r.state = std::move(step.state);
    for (const auto& text : lifecycle::waits_for_unhealthy(r.state)) add_note(r.facts, text);
    publish(r);
    for (const auto& action : step.actions) {
      if (std::holds_alternative<lifecycle::ReleaseTask>(action) && hooks_.network_gone)
        hooks_.network_gone(id);
      executor_->perform(id, action);
    }
    plan_tick(id, r);
  }

  void publish(Runner& r) {
    auto view = std::make_shared<const TaskView>(task_view(r.spec, r.state, r.facts));
    world_.update([&](World& world) { world.tasks[r.spec->task_id] = view; });
    if (hooks_.changed) hooks_.changed(std::move(view));
  }

  void plan_tick(const std::string& id, Runner& r) {
    const auto next = lifecycle::next_deadline(r.state);
    if (next == r.due) return;
    r.due = next;
    r.timer.cancel();
    if (!next) return;
    r.timer = loop_.after(std::max(Duration{0}, *next - now()), [this, id] {
      if (auto at = runners_.find(id); at != runners_.end()) at->second.due.reset();
      dispatch(id, lifecycle::Tick{});
    });
  }

  Loop& loop_;
  EngineOptions options_;
  EngineHooks hooks_;
  std::unordered_map<std::string, Runner> runners_;
  PublishedWorld world_;
  std::unique_ptr<Executor> executor_;
};

}  // namespace

Result<std::unique_ptr<Engine>> make_engine(
    Loop& loop, EngineOptions options, EngineHooks hooks,
    const std::function<Result<std::unique_ptr<Executor>>(ExecutorEvents)>& make_executor) {
  auto engine = std::make_unique<TaskEngine>(loop, options, std::move(hooks));
  DRYDOCK_TRY(engine->make(make_executor));
  return engine;
}

}  // namespace drydock::runtime
