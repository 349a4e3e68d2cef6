#pragma once
#include <string_view>
#include <vector>

#include "base/json.h"
#include "control/control.h"

namespace drydock::api {

// One operation of the ECS API: declared in a table of its group's file under ecs/, nothing else to
// register.
struct Operation {
  std::string_view name;
  std::string_view
      input;  // members, in the notation of shapes.h; kUnchecked: the operation checks itself
  bool writes = false;  // the answer waits for the store's commit (decision 15)
  // Loop thread. `input` is checked and cleaned; the result is the output.
  control::Answer<Json> (*run)(control::Control&, const control::Caller&, const Json& input);
  // Loop thread: takes back what `output` began, when it could not be saved.
  void (*undo)(control::Control&, const Json& output) = nullptr;
};

std::vector<Operation> account_setting_operations();
std::vector<Operation> agent_operations();
std::vector<Operation> attribute_operations();
std::vector<Operation> capacity_provider_operations();
std::vector<Operation> cluster_operations();
std::vector<Operation> container_instance_operations();
std::vector<Operation> task_definition_operations();
std::vector<Operation> task_operations();
std::vector<Operation> task_set_operations();
std::vector<Operation> service_operations();
std::vector<Operation> tag_operations();

// nullptr when it is not built.
const Operation* find_operation(std::string_view name);

// The `undo` of what began tasks: what could not be recorded must not run, since a restarted daemon
// would not know of it.
void stop_begun(control::Control& c, const Json& output);
// maxResults and nextToken of an input.
control::PageRequest page_request(const Json& input);
// {"<member>": [...], "nextToken"?}
control::Answer<Json> page_output(const char* member, const control::Answer<control::Page>& page);

}  // namespace drydock::api
