#include "api/operation.h"

#include <map>
#include <nlohmann/json.hpp>

namespace drydock::api {

const Operation* find_operation(std::string_view name) {
  static const std::map<std::string_view, Operation> all = [] {
    std::map<std::string_view, Operation> found;
    for (const auto& group :
         {account_setting_operations(), agent_operations(), attribute_operations(),
          capacity_provider_operations(), cluster_operations(), container_instance_operations(),
          service_operations(), task_definition_operations(), task_operations(),
          task_set_operations(), tag_operations()})
      for (const auto& operation : group) found.emplace(operation.name, operation);
    return found;
  }();
  const auto it = all.find(name);
  return it == all.end() ? nullptr : &it->second;
}

void stop_begun(control::Control& c, const Json& output) {
  for (const auto& task : output["tasks"]) {
    const std::string arn = json_string(task, "taskArn");
    c.tasks.stop_task(arn.substr(arn.rfind('/') + 1),
                      {"TaskFailedToStart", "The task could not be recorded on disk.", true});
  }
}

control::PageRequest page_request(const Json& input) {
  control::PageRequest page;
  if (json_find(input, "maxResults")) page.max_results = json_int(input, "maxResults");
  page.next_token = json_string(input, "nextToken");
  return page;
}

control::Answer<Json> page_output(const char* member, const control::Answer<control::Page>& page) {
  if (!page) return tl::unexpected(page.error());
  Json out = {{member, page->items}};
  if (!page->next_token.empty()) out["nextToken"] = page->next_token;
  return out;
}

}  // namespace drydock::api
