#include <nlohmann/json.hpp>

#include <map>

#include "cli/services.h"

// Waiting for services: a look at them whenever the daemon says that something changed.
namespace drydock::cli {
namespace {

struct Waited {
  std::string arn, cluster, name;
  std::string deployment;  // that was PRIMARY when the waiting began
  std::set<std::string> seen;
  bool done = false;
};

const Json* first_of(const Json& object, const char* key) {
  const Json* list = json_find(object, key);
  return list && list->is_array() && !list->empty() ? &(*list)[0] : nullptr;
}

std::string primary_id(const Json& service) {
  const Json* d = first_of(service, "deployments");
  return d ? json_string(*d, "id") : std::string();
}

// Why the task of a service that stopped last did so, in words that follow a sentence; empty: none
// did, or nothing is known.
std::string last_reason(const Client& client, const Waited& one) {
  const auto listed = client.api(
      "ListTasks",
      {{"cluster", one.cluster}, {"serviceName", one.name}, {"desiredStatus", "STOPPED"}});
  const Json* arns = listed ? json_find(*listed, "taskArns") : nullptr;
  if (!arns || arns->empty()) return {};
  const auto answer = client.api("DescribeTasks", {{"cluster", one.cluster}, {"tasks", *arns}});
  const Json* tasks = answer ? json_find(*answer, "tasks") : nullptr;
  if (!tasks) return {};
  double latest = -1;
  std::string reason;
  for (const auto& task : *tasks) {
    const Json* at = json_find(task, "stoppedAt");
    if (json_string(task, "stopCode") == "ServiceSchedulerInitiated" || !at ||
        at->get<double>() < latest)
      continue;
    latest = at->get<double>();
    reason = json_string(task, "stoppedReason");
  }
  return reason.empty() ? "" : " Its last task stopped: " + reason;
}

Status look_at(Session& session, const Client& client, Waited& one, Until until) {
  DRYDOCK_LET(const Json answer,
              client.api("DescribeServices", {{"cluster", one.cluster}, {"services", {one.arn}}}));
  const Json* now = first_of(answer, "services");
  if (!now) {  // forgotten, or its cluster is gone
    one.done = until == Until::kInactive;
    return one.done ? Status()
                    : fail(Errc::kInvalid, "service " + one.name + " does not exist any more");
  }
  for (const auto& message : new_events(*now, one.seen)) session.note(message);
  if (until == Until::kInactive) {
    one.done = json_string(*now, "status") == "INACTIVE";
    return {};
  }
  if (const std::string why = failure_of(*now); !why.empty())
    return fail(Errc::kInvalid, "service " + one.name + " does not become stable: " + why +
                                    last_reason(client, one));
  one.done = is_stable(*now);
  if (one.done && !one.deployment.empty() && primary_id(*now) != one.deployment)
    return fail(Errc::kInvalid,
                "service " + one.name + " is stable again, but its deployment was taken back");
  return {};
}

Result<bool> all_there(Session& session, const Client& client, std::vector<Waited>& all,
                       Until until) {
  bool there = true;
  for (Waited& one : all) {
    if (!one.done) DRYDOCK_TRY(look_at(session, client, one, until));
    there = there && one.done;
  }
  return there;
}

}  // namespace

Status wait_for_services(Session& session, const Client& client, const Json& services, Until until,
                         std::optional<Duration> limit) {
  std::vector<Waited> all;
  for (const Json& service : services)
    all.push_back({json_string(service, "serviceArn"),
                   json_string(service, "clusterArn"),
                   service_name(service),
                   until == Until::kStable ? primary_id(service) : "",
                   {},
                   false});
  if (all.empty()) return {};
  // Only what happens from now on is told; a new service has no past.
  for (std::size_t i = 0; i < all.size(); ++i) (void)new_events(services[i], all[i].seen);
  Status failed;
  bool there = false;
  JsonLines lines([&](const Json&) {
    const auto looked = all_there(session, client, all, until);
    if (!looked) failed = tl::unexpected(looked.error());
    there = looked && *looked;
    return looked && !there;
  });
  const auto milliseconds =
      limit ? std::max(std::chrono::milliseconds(1),
                       std::chrono::duration_cast<std::chrono::milliseconds>(*limit))
            : std::chrono::milliseconds(0);
  const auto streamed = client.stream(
      "events", [&](std::string_view data) { return lines.feed(data); }, milliseconds);
  DRYDOCK_TRY(failed);
  if (there) return {};
  if (!streamed && streamed.error().code == Errc::kBusy) {
    std::string names, reasons;
    for (const Waited& one : all) {
      if (one.done) continue;
      names += (names.empty() ? "" : ", ") + one.name;
      if (until == Until::kStable) reasons += last_reason(client, one);
    }
    return fail(Errc::kTimeout,
                names + (until == Until::kStable ? " is not stable" : " is not gone") +
                    " after the given time" + (reasons.empty() ? "" : "." + reasons));
  }
  DRYDOCK_TRY(streamed);
  DRYDOCK_TRY(lines.error());
  return fail(Errc::kSystem, "the daemon has ended");
}

int exit_code_of_wait(const Error& error) {
  return error.code == Errc::kTimeout ? kTimedOut : kFailed;
}

}  // namespace drydock::cli
