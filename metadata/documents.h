#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "runtime/task_view.h"

// The metadata documents of a task (metadata.md 5 to 8). Pure: view in, JSON out.
namespace drydock::metadata {

enum class Version { kV2, kV3, kV4 };

// What a document says of the machine rather than of the task; absent parts leave their keys out.
struct HostFacts {
  struct Clock {
    double error_bound_ms = 0;
    Time reference;  // shown in whole seconds
    bool synchronized = false;
  };
  std::optional<Clock> clock;
  std::optional<std::int64_t> storage_utilized_mib;  // of the task's ephemeral storage
};

// The container named `name`, which must be one of `task`.
Json container_document(const runtime::TaskView& task, const runtime::ContainerView& container,
                        Version version);
// The task; `with_tags` adds TaskTags.
Json task_document(const runtime::TaskView& task, Version version, const HostFacts& host,
                   bool with_tags = false);

// The container whose runtime id is `id`; nullptr when the task has none such.
const runtime::ContainerView* container_by_id(const runtime::TaskView& task, const std::string& id);
// Whether the runtime has made it, so that it has an id of its own there (metadata.md 5.1).
bool is_created(const runtime::ContainerView& container);

// Compact text as Go's encoder writes it: <, >, & and U+2028/2029 escaped (metadata.md 4.1).
std::string wire_text(const Json& value);
// A number as Go prints it: 512 and not 512.0.
Json number(double value);

}  // namespace drydock::metadata
