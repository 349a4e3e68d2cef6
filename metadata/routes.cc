#include "metadata/routes.h"

#include <sys/timex.h>

#include <algorithm>
#include <cstdio>

#include "base/limits.h"
#include "metadata/answers.h"
#include "metadata/paths.h"
#include "metadata/task_routes.h"

namespace drydock::metadata {
namespace {

using runtime::TaskView;

std::string two_decimals(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

http::Response too_many(const char* text) {
  return {429, {{"Content-Type", "text/plain; charset=utf-8"}}, text, {}};
}

http::Response moved(const http::Request& request, const std::string& path) {
  return {301,
          {{"Location", escape_path(path) + (request.query.empty() ? "" : "?" + request.query)}},
          {},
          {}};
}

// One task's endpoint: what lasts from request to request.
struct Endpoint {
  std::string task_id;
  RateLimiter limiter;
  StatsBook stats;
  CredentialsOf credentials;
  AgentApi agent;
  StorageUse storage;
  RateLimiter faults{RateLimit{0.2, 1}};  // metadata.md 4.2
};

http::Response route(const http::Request& request, const std::string& decoded, const TaskView* task,
                     Endpoint& endpoint) {
  const auto all = segments(decoded);
  const auto& first = all[0];
  const Path rest(all.begin() + 1, all.end());
  if (first == "v4")
    return versioned_route(Version::kV4, rest, task, {endpoint.stats, endpoint.storage});
  if (first == "v3")
    return versioned_route(Version::kV3, rest, task, {endpoint.stats, endpoint.storage});
  if (first == "v1" && rest == Path{"credentials"})
    return credentials_route(1, http::query_value(request.query, "id").value_or(""),
                             endpoint.credentials);
  if (first == "v2" && rest.size() == 2 && rest[0] == "credentials")
    return credentials_route(2, rest[1], endpoint.credentials);
  // The agent knows the callers of version 2 by an address that only awsvpc tasks have.
  const bool known = task != nullptr && task->spec->definition.network_mode == "awsvpc";
  if (first == "v2")
    return v2_route(rest, known ? task : nullptr, request.remote_address, endpoint.stats);
  if (first == "api") return agent_route(request, rest, task, endpoint.agent);
  return not_found();
}

// Of the outermost limiter first.
void add_limit_headers(const http::Request& request, const RateLimit& limit,
                       http::Response& response) {
  const http::Headers headers = {
      {"X-Rate-Limit-Limit", two_decimals(limit.per_second)},
      {"X-Rate-Limit-Duration", "1"},
      {"X-Rate-Limit-Request-Forwarded-For",
       std::string(http::header(request.headers, "X-Forwarded-For"))},
      {"X-Rate-Limit-Request-Remote-Addr",
       request.remote_address + ":" + std::to_string(request.remote_port)}};
  response.headers.insert(response.headers.begin(), headers.begin(), headers.end());
}

bool reaches_faults(const http::Request& request, const std::string& path) {
  const auto all = segments(path);
  return all[0] == "api" && is_fault_call(request, Path(all.begin() + 1, all.end()));
}

http::Response answer(const http::Request& request, const runtime::World& world,
                      Endpoint& endpoint) {
  const std::string path = http::percent_decode(request.path);
  const auto now = std::chrono::steady_clock::now();
  if (!endpoint.limiter.admit(request.remote_address, path, now))
    return too_many("You have reached maximum request limit.");
  if (const auto clean = clean_path(path); clean != path && path != "*")
    return moved(request, clean);
  const bool faults = reaches_faults(request, path);
  const auto found = world.tasks.find(endpoint.task_id);
  auto response = faults && !endpoint.faults.admit(request.remote_address, path, now)
                      ? too_many("You have reached maximum request limit")
                      : route(request, path,
                              found == world.tasks.end() ? nullptr : found->second.get(), endpoint);
  if (faults) add_limit_headers(request, endpoint.faults.limit(), response);
  return response;
}

}  // namespace

http::Handler metadata_handler(const runtime::PublishedWorld& world, std::string task_id,
                               Sources sources, RateLimit limit) {
  const std::shared_ptr<Endpoint> endpoint(new Endpoint{
      std::move(task_id), RateLimiter(limit), StatsBook(std::move(sources.stats)),
      std::move(sources.credentials), std::move(sources.agent), std::move(sources.storage)});
  return [&world, endpoint](const http::Request& request) {
    auto response = answer(request, *world.get(), *endpoint);
    add_limit_headers(request, endpoint->limiter.limit(), response);
    return response;
  };
}

http::DoorLimits metadata_limits() {
  http::DoorLimits limits;
  limits.body_bytes = drydock::limits::kMetadataBody;
  limits.head_time = limits.body_time = limits.write_time =
      std::chrono::seconds(5);  // metadata.md 1
  limits.connections = 128;
  return limits;
}

HostFacts host_facts() {
  timex state{};
  const int clock = ::adjtimex(&state);
  if (clock < 0) return {};
  HostFacts facts;
  facts.clock =
      HostFacts::Clock{static_cast<double>(state.esterror) / 1000, now(), clock != TIME_ERROR};
  return facts;
}

}  // namespace drydock::metadata
