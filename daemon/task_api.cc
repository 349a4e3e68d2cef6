#include "daemon/task_api.h"

#include <algorithm>
#include <charconv>

#include "api/protocol.h"
#include "api/sts.h"
#include "api/upstream/upstream.h"
#include "base/files.h"
#include "base/http/door.h"

namespace drydock::daemon {
namespace {

bool is_task(const runtime::PublishedWorld& world, const std::string& address) {
  const auto now = world.get();
  return std::any_of(now->tasks.begin(), now->tasks.end(), [&](const auto& entry) {
    const auto& view = *entry.second;
    const auto& networks = view.networks;
    return view.last_status != runtime::TaskStatus::kStopped &&
           std::any_of(networks.begin(), networks.end(),
                       [&](const auto& one) { return one.address == address; });
  });
}

// Any port, but the one of last time when it is still free.
Result<UniqueFd> listen_as_before(const std::string& root, const std::string& address) {
  const std::string note = root + "/tasks-api.port";
  int before = 0;
  if (const auto text = read_file(note, 16))
    std::from_chars(text->data(), text->data() + text->size(), before);
  if (before > 0 && before <= 65535)
    if (auto again = http::listen_tcp(address, before)) return again;
  DRYDOCK_LET(UniqueFd fresh, http::listen_tcp(address, 0));
  DRYDOCK_LET(const int port, http::bound_port(fresh.get()));
  DRYDOCK_TRY(write_file_atomic(note, std::to_string(port)));
  return fresh;
}

http::Response refused(const std::string& why) {
  return api::failure({"AccessDeniedException", why, 403, {}});
}

}  // namespace

Result<TaskApi> open_task_api(const Config& config, const std::string& root,
                              netns::Network& network) {
  TaskApi made;
  if (config.tasks_endpoint_url != "local") made.endpoint_url = config.tasks_endpoint_url;
  if (config.tasks_api == "none") return made;
  const std::string gateway = network.gateway();
  const int port = std::stoi(config.listen.substr(config.listen.rfind(':') + 1));
  DRYDOCK_LET(made.listener,
              port == 0 ? listen_as_before(root, gateway) : http::listen_tcp(gateway, port));
  DRYDOCK_LET(const int bound, http::bound_port(made.listener.get()));
  DRYDOCK_TRY(network.guard_api(bound));
  made.address = "host.docker.internal:" + std::to_string(bound);
  if (config.tasks_endpoint_url == "local") made.endpoint_url = "http://" + made.address;
  return made;
}

http::Handler task_api_handler(http::Handler api, std::shared_ptr<const api::Upstream> upstream,
                               const runtime::PublishedWorld& world, bool sts_only) {
  return [api = std::move(api), upstream = std::move(upstream), &world,
          sts_only](const http::Request& request) {
    // The address is the task's own: each is pinned to its port of the bridge.
    if (!is_task(world, request.remote_address))
      return refused("Only tasks are answered here, and " + request.remote_address + " is none.");
    if (!http::header(request.headers, "Origin").empty())
      return refused("Requests from web pages (with an Origin header) are refused.");
    if (request.path.starts_with("/_drydock/") || request.path.starts_with("/moto-api/"))
      return refused("Tasks may not call the private routes of the daemon.");
    const bool passes = upstream && upstream->takes(request);
    if (passes && !upstream->serves_tasks())
      return refused(
          "Tasks may not use the upstream: upstream.tasks is false in the daemon's "
          "configuration.");
    if (sts_only && !passes && !api::is_sts(request))
      return refused("Tasks may call STS only: tasks.api is sts in the daemon's configuration.");
    http::Request trusted = request;
    trusted.remote_uid = 0;
    trusted.remote_address.clear();  // its Host is the gateway's name, as it should be here
    return api(trusted);
  };
}

}  // namespace drydock::daemon
