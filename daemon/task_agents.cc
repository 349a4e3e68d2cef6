#include "daemon/task_agents.h"

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/ids.h"
#include "base/logging.h"
#include "metadata/introspection.h"
#include "metadata/routes.h"
#include "netns/agent_door.h"
#include "netns/faults/faults.h"
#include "runtime/bundle/metadata_file.h"

namespace drydock::daemon {
namespace {

constexpr auto kPatience = std::chrono::seconds(4);  // metadata.md 12

struct Outcome {
  control::Answer<std::string> output;
  std::shared_future<Status> saved;  // of a write
};

Outcome perform(control::Control& control, const control::Caller& caller,
                const std::string& operation, const Json& input) {
  const bool write = operation == "UpdateTaskProtection";
  const auto answer =
      write ? control.protection.update(caller, input) : control.protection.get(caller, input);
  if (!answer) return {tl::unexpected(answer.error()), {}};
  return {dump_json(*answer), write ? control.store.committed() : std::shared_future<Status>()};
}

metadata::EcsAnswer answer_of(const Outcome& outcome) {
  metadata::EcsAnswer answer;
  answer.request_id = random_uuid();
  if (outcome.output) {
    answer.output = *outcome.output;
    return answer;
  }
  answer.status = outcome.output.error().status;
  answer.code = outcome.output.error().code;
  answer.message = outcome.output.error().message;
  return answer;
}

}  // namespace

metadata::AgentApi TaskAgents::agent_of(const std::string& id) {
  metadata::AgentApi agent;
  agent.faults = std::make_shared<metadata::TaskFaults>(
      workers_, options_.paths.task(id) + "/faults.json",
      [this, id](const netns::FaultPlan& plan) { return make_faults(id, plan); });
  agent.ecs = [this, id](const std::string& operation, const Json& input) {
    return call(id, operation, input);
  };
  introspection_[id];
  loop_.post([this, id, faults = agent.faults] {  // when the task is in the world
    faults->restore();
    open_introspection(id);
  });
  return agent;
}

std::shared_ptr<const runtime::TaskView> TaskAgents::view(const std::string& id) const {
  const auto world = world_.get();
  const auto found = world->tasks.find(id);
  return found == world->tasks.end() ? nullptr : found->second;
}

Status TaskAgents::make_faults(const std::string& id, const netns::FaultPlan& plan) const {
  const auto task = view(id);
  if (!task || task->networks.empty())
    return fail(Errc::kNotFound, "task " + id + " has no network");
  const runtime::NetworkView& network = task->networks.front();
  if (network.mode != "awsvpc")
    return fail(Errc::kUnsupported,
                "the task has network mode " + network.mode +
                    ": its faults would be those of this whole machine, and are "
                    "not made here");
  return netns::apply_faults(network.netns_path, plan);
}

// On a door's worker. Whoever waits may be gone before the loop is done, so nothing is by
// reference.
std::optional<metadata::EcsAnswer> TaskAgents::call(const std::string& id,
                                                    const std::string& operation,
                                                    const Json& input) const {
  const auto task = view(id);
  if (!task) return std::nullopt;
  control::Caller caller;
  caller.region = task->spec->region;
  caller.account = task->spec->account;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  auto outcome = std::make_shared<std::promise<Outcome>>();
  auto done = outcome->get_future();
  loop_.post([this, outcome, caller, operation, input] {
    outcome->set_value(perform(control_, caller, operation, input));
  });
  if (done.wait_until(deadline) != std::future_status::ready) return std::nullopt;
  const Outcome told = done.get();
  if (told.saved.valid()) {
    if (told.saved.wait_until(deadline) != std::future_status::ready) return std::nullopt;
    if (const Status& saved = told.saved.get(); !saved)
      return metadata::EcsAnswer{500, {}, "ServerException", saved.error().message, random_uuid()};
  }
  return answer_of(told);
}

void TaskAgents::open_introspection(const std::string& id) {
  const auto task = view(id);
  if (!task || task->spec->launch_type != "EC2") return;
  for (const runtime::NetworkView& network : task->networks) {
    if (network.slot < 0) continue;
    workers_.post([this, id, path = network.netns_path, gateway = network.gateway] {
      auto listener =
          std::make_shared<Result<UniqueFd>>(netns::listen_for_introspection(path, gateway));
      loop_.post([this, id, listener] { opened(id, std::move(*listener)); });
    });
  }
}

void TaskAgents::opened(const std::string& id, Result<UniqueFd> listener) {
  const auto at = introspection_.find(id);
  if (ended_ || at == introspection_.end()) return;
  if (!listener) {
    log::info("task " + id + " sees no introspection API: " + listener.error().message);
    return;
  }
  http::Surface surface;
  surface.handler = metadata::introspection_handler(world_, id);
  surface.limits = metadata::metadata_limits();
  at->second.push_back(door_.open(std::move(*listener), std::move(surface)));
}

void TaskAgents::forget(const std::string& id) {
  const auto at = introspection_.find(id);
  if (at == introspection_.end()) return;
  for (const int door : at->second) door_.close(door);
  introspection_.erase(at);
  std::erase_if(written_,
                [&](const std::string& runtime_id) { return runtime_id.starts_with(id); });
}

void TaskAgents::changed(const runtime::TaskView& task) {
  const auto& spec = *task.spec;
  if (!options_.metadata_files || spec.launch_type != "EC2" || task.publishing) return;
  for (const auto& one : task.containers) {
    if (one.known != runtime::ContainerStatus::kRunning) continue;
    if (!written_.insert(spec.container_ids.at(one.name)).second) continue;
    const std::string file = one.bundle + "/metadata/" + runtime::kMetadataFileName;
    workers_.post([file, text = runtime::metadata_file_text(
                             spec, one.name, runtime::network_of(task.networks, one.name),
                             runtime::StartedFacts{one.image_id, one.ports})] {
      if (auto written = write_file_atomic(file, text); !written)
        log::debug("container metadata file: " + written.error().message);
    });
  }
}

}  // namespace drydock::daemon
