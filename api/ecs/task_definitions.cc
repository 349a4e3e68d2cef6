#include <nlohmann/json.hpp>

#include "api/operation.h"
#include "api/shapes.h"

namespace drydock::api {
namespace {
using control::Caller;
using control::Control;
}  // namespace

std::vector<Operation> task_definition_operations() {
  return {
      {"RegisterTaskDefinition", kUnchecked, true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.definitions.register_definition(who, in);
       }},
      {"DescribeTaskDefinition", "taskDefinition*: str, include: [enum TaskDefinitionField]", false,
       [](Control& c, const Caller& who, const Json& in) {
         return c.definitions.describe(who, in);
       }},
      {"DeregisterTaskDefinition", "taskDefinition*: str", true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.definitions.deregister(who, in);
       }},
      {"DeleteTaskDefinitions", "taskDefinitions: [str]", true,
       [](Control& c, const Caller& who, const Json& in) { return c.definitions.remove(who, in); }},
      {"ListTaskDefinitions",
       "familyPrefix: str, status: enum TaskDefinitionStatus, sort: enum SortOrder, nextToken: "
       "str, "
       "maxResults: int",
       false,
       [](Control& c, const Caller& who, const Json& in) {
         return page_output("taskDefinitionArns", c.definitions.list(who, in, page_request(in)));
       }},
      {"ListTaskDefinitionFamilies",
       "familyPrefix: str, status: enum TaskDefinitionFamilyStatus, nextToken: str, maxResults: "
       "int",
       false,
       [](Control& c, const Caller& who, const Json& in) {
         return page_output("families", c.definitions.families(who, in, page_request(in)));
       }},
  };
}

}  // namespace drydock::api
