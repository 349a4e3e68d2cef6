#pragma once
#include <memory>
#include <string>

#include "base/json.h"
#include "control/tags.h"
#include "runtime/task_view.h"

namespace drydock::control {

// What control keeps of one task besides its view: fixed when it is asked for, only tags may
// change. Immutable value.
struct TaskRecord {
  std::shared_ptr<const runtime::TaskSpec> spec;
  // The definition's document; with the overrides (a member of `fixed`) it gives
  // `spec->definition`.
  std::shared_ptr<const Json> definition;
  // Members of the API's task object that never change: overrides, cpu, memory, startedBy,
  // attributes, ...
  std::shared_ptr<const Json> fixed;
  Tags tags;
};

// The task object of RunTask, DescribeTasks and StopTask (api.md 3.4, firelens-and-lifecycle.md
// B10): members that have no value yet are absent. `with_tags`: the tags; otherwise an empty list.
// Pure.
Json task_json(const TaskRecord& record, const runtime::TaskView& view, bool with_tags);

// The same with the member `local` of our private routes (api/local/README.md). Pure.
Json local_task_json(const TaskRecord& record, const runtime::TaskView& view);

// What the store keeps, and back; kInvalid when the text cannot be read.
std::string stored_record(const TaskRecord& record);
Result<TaskRecord> record_of(const std::string& text);

}  // namespace drydock::control
