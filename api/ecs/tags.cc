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

}  // namespace

std::vector<Operation> tag_operations() {
  return {
      {"TagResource", "resourceArn*: str, tags*: [Tag]", true,
       [](Control& c, const Caller&, const Json& in) {
         return nothing(c.tag(json_string(in, "resourceArn"), in["tags"], {}));
       }},
      {"UntagResource", "resourceArn*: str, tagKeys*: [str]", true,
       [](Control& c, const Caller&, const Json& in) {
         return nothing(c.tag(json_string(in, "resourceArn"), Json::array(),
                              in["tagKeys"].get<std::vector<std::string>>()));
       }},
      {"ListTagsForResource", "resourceArn*: str", false,
       [](Control& c, const Caller&, const Json& in) -> Answer<Json> {
         auto tags = c.tags(json_string(in, "resourceArn"));
         if (!tags) return tags;
         return Json{{"tags", std::move(*tags)}};
       }},
  };
}

}  // namespace drydock::api
