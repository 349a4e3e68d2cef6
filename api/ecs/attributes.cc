#include <nlohmann/json.hpp>

#include "api/operation.h"
#include "control/instances/instances.h"

namespace drydock::api {
namespace {
using control::Caller;
using control::Control;
}  // namespace

std::vector<Operation> attribute_operations() {
  return {
      {"PutAttributes", "cluster: str, attributes: [Attribute]", true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.instances->put_attributes(who, in);
       }},
      {"DeleteAttributes", "cluster: str, attributes: [Attribute]", true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.instances->delete_attributes(who, in);
       }},
      {"ListAttributes",
       "cluster: str, targetType*: enum TargetType, attributeName: str, attributeValue: str, "
       "nextToken: str, maxResults: int",
       false,
       [](Control& c, const Caller& who, const Json& in) {
         return c.instances->list_attributes(who, in, page_request(in));
       }},
  };
}

}  // namespace drydock::api
