#include <future>
#include <memory>
#include <thread>

#include <nlohmann/json.hpp>

#include "cli/lookup.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

bool reached(const Json& task, const std::string& state) {
  const std::string status = json_string(task, "lastStatus");
  if (state == "stopped") return status == "STOPPED";
  if (state == "running") return status == "RUNNING";
  return json_string(task, "healthStatus") == "HEALTHY";
}

// Follows on a thread of its own, which a time-out leaves behind: the program ends right after.
Result<Json> follow_for(const Client& client, const Json& task, const WaitOptions& options) {
  auto outcome = std::make_shared<std::promise<Result<Json>>>();
  auto result = outcome->get_future();
  std::thread([client, task, state = options.state, outcome] {
    outcome->set_value(follow(client, task, [&](const Json& now) { return reached(now, state); }));
  }).detach();
  if (options.timeout && result.wait_for(*options.timeout) != std::future_status::ready)
    return fail(Errc::kBusy,
                "task " + task_id(task) + " is not " + options.state + " after the given time");
  return result.get();
}

// The essential container without a health check, with which a task's health stays UNKNOWN; empty:
// there is none, or nobody knows.
std::string never_healthy(const Client& client, const Json& task) {
  const auto answer = client.api("DescribeTaskDefinition",
                                 Json{{"taskDefinition", json_string(task, "taskDefinitionArn")}});
  const Json* definition = answer ? json_find(*answer, "taskDefinition") : nullptr;
  const Json* containers = definition ? json_find(*definition, "containerDefinitions") : nullptr;
  for (const Json& c : containers && containers->is_array() ? *containers : Json::array())
    if (json_bool(c, "essential", true) && !json_find(c, "healthCheck"))
      return json_string(c, "name");
  return {};
}

}  // namespace

int execute(Session& session, const WaitOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error(), kRefused);
  const auto task = look_up(*client, options.task, Several::kNewestStopped);
  if (!task) return session.failed(task.error(), kRefused);
  if (options.state == "healthy")
    if (const std::string name = never_healthy(*client, *task); !name.empty())
      return session.failed({Errc::kInvalid,
                             "task " + task_id(*task) +
                                 " never becomes healthy: its essential "
                                 "container " +
                                 name +
                                 " has no healthCheck; add one, or wait for "
                                 "running",
                             0},
                            kRefused);
  const auto last = follow_for(*client, *task, options);
  if (!last)
    return session.failed(last.error(), last.error().code == Errc::kBusy ? kTimedOut : kRefused);
  if (options.state == "stopped") {
    for (const auto& line : end_lines(*last, false)) session.note(line);
    return exit_code_of(*last);
  }
  if (reached(*last, options.state)) return 0;
  const std::string why = json_string(*last, "stoppedReason");
  return session.failed({Errc::kBusy,
                         "task " + task_id(*last) + " stopped before it was " + options.state +
                             (why.empty() ? "" : ": " + why),
                         0},
                        kRefused);
}

}  // namespace drydock::cli
