#pragma once
#include <string>

#include "base/http/message.h"
#include "runtime/task_view.h"

namespace drydock::metadata {

// The agent's introspection API (metadata.md 14), as a task of launch type EC2 sees it: the
// EC2 tasks of its own cluster, which is what one instance would run. From `world` alone, which
// must outlive the handler.
http::Handler introspection_handler(const runtime::PublishedWorld& world, std::string task_id);

}  // namespace drydock::metadata
