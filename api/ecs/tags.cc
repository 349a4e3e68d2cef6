#include <nlohmann/json.hpp>

#include "api/operation.h"

namespace drydock::api {
namespace {

using control::Answer;
using control::Caller;
using control::Control;

Answer<Json> nothing(const Answer<bool>& done) {
  if (!done) return tl::unexpected(done.error());
  return Json::object();
}

// What is in another region or account is not there for this caller.
Answer<std::string> own_resource(const Caller& who, const Json& in) {
  std::string arn = json_string(in, "resourceArn");
  const auto parsed = control::parse_ecs_arn(arn);
  if (parsed && (parsed->region != who.region || parsed->account != who.account))
    return control::refuse(
        "ResourceNotFoundException",
        "There is no resource " + arn + " in " + who.region + " of account " + who.account + ".");
  return arn;
}

}  // namespace

std::vector<Operation> tag_operations() {
  return {
      {"TagResource", "resourceArn*: str, tags*: [Tag]", true,
       [](Control& c, const Caller& who, const Json& in) -> Answer<Json> {
         DRYDOCK_LET(const std::string arn, own_resource(who, in));
         return nothing(c.tag(arn, in["tags"], {}));
       }},
      {"UntagResource", "resourceArn*: str, tagKeys*: [str]", true,
       [](Control& c, const Caller& who, const Json& in) -> Answer<Json> {
         DRYDOCK_LET(const std::string arn, own_resource(who, in));
         return nothing(c.tag(arn, Json::array(), in["tagKeys"].get<std::vector<std::string>>()));
       }},
      {"ListTagsForResource", "resourceArn*: str", false,
       [](Control& c, const Caller& who, const Json& in) -> Answer<Json> {
         DRYDOCK_LET(const std::string arn, own_resource(who, in));
         auto tags = c.tags(arn);
         if (!tags) return tags;
         return Json{{"tags", std::move(*tags)}};
       }},
  };
}

}  // namespace drydock::api
