#pragma once
#include <string>

#include "base/http/door.h"
#include "base/http/message.h"
#include "metadata/agent_api.h"
#include "metadata/credentials_route.h"
#include "metadata/documents.h"
#include "metadata/rate_limit.h"
#include "metadata/stats_book.h"
#include "metadata/task_routes.h"
#include "runtime/task_view.h"

namespace drydock::metadata {

// What a task's endpoint shows beyond the views.
struct Sources {
  StatsBook::Sampler stats;
  CredentialsOf credentials;  // the task's, by their id
  AgentApi agent = {};
  StorageUse storage = {};
};

// The metadata endpoint of one task, for the listener in that task's network namespace: metadata
// v2, v3 and v4, statistics, the credentials of its role and the agent's API. It answers for the
// containers of this task only (decision 8), from `world`, which must outlive the door.
http::Handler metadata_handler(const runtime::PublishedWorld& world, std::string task_id,
                               Sources sources, RateLimit limit = {});

// What such a listener allows: containers are untrusted.
http::DoorLimits metadata_limits();

// How well this machine's clock is synchronised (adjtimex).
HostFacts host_facts();

}  // namespace drydock::metadata
