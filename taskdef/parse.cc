#include "taskdef/parse.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/limits.h"

namespace drydock::taskdef {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::array<std::string_view, 9> kResponseOnly = {
    "taskDefinitionArn", "revision",     "status",         "requiresAttributes", "compatibilities",
    "registeredAt",      "registeredBy", "deregisteredAt", "deleteRequestedAt"};

}  // namespace

Json to_request(const Json& document) {
  const Json* inner = json_find(document, "taskDefinition");
  const bool wrapped = inner && inner->is_object() && !json_find(document, "containerDefinitions");
  Json request = wrapped ? *inner : document;
  if (!request.is_object()) return request;
  for (std::string_view name : kResponseOnly) request.erase(std::string(name));
  if (wrapped && !json_find(request, "tags"))
    if (const Json* tags = json_find(document, "tags")) request["tags"] = *tags;
  return request;
}

Result<Json> parse(std::string_view text) {
  if (text.size() > limits::kTaskDefinitionFile)
    return fail(Errc::kInvalid, "a task definition file may have " +
                                    std::to_string(limits::kTaskDefinitionFile) +
                                    " bytes, this one has " + std::to_string(text.size()));
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return fail(Errc::kInvalid, "line 1, column 1: the file is empty; expected a JSON object");
  DRYDOCK_LET(Json document, parse_json(text));
  if (!document.is_object())
    return fail(
        Errc::kInvalid,
        std::string("expected a JSON object with \"family\" and \"containerDefinitions\", found ") +
            (document.is_array() ? "a list; put it in as \"containerDefinitions\""
                                 : document.type_name()));
  return to_request(document);
}

}  // namespace drydock::taskdef
