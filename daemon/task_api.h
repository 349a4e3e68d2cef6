#pragma once
#include <memory>
#include <string>

#include "api/context.h"
#include "base/published.h"
#include "daemon/config.h"
#include "netns/network.h"
#include "runtime/task_view.h"

// What tasks may call of the daemon (tasks.api): a listener of the tasks' gateway, apart from the
// one of this machine's users.
namespace drydock::daemon {

struct TaskApi {
  UniqueFd listener;         // none: tasks.api is none
  std::string endpoint_url;  // AWS_ENDPOINT_URL of containers that set none; empty: none
  std::string address;       // "host.docker.internal:4590", how tasks call it; empty: none
};
// Listens at the gateway, and keeps everyone but tasks from there. Before the first task starts.
// Where `listen` takes any port, the one that was taken stays: `root` remembers it, since
// containers know it.
Result<TaskApi> open_task_api(const Config& config, const std::string& root,
                              netns::Network& network);

// Answers a caller whose address is that of a running task; with `sts_only` STS alone, and what
// goes to the upstream where that serves tasks. Never the private routes.
http::Handler task_api_handler(http::Handler api, std::shared_ptr<const api::Upstream> upstream,
                               const runtime::PublishedWorld& world, bool sts_only);

}  // namespace drydock::daemon
