#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "api/eventbridge/eventbridge.h"
#include "api/eventbridge/operations.h"
#include "api/perform.h"
#include "api/protocol.h"
#include "api/shapes.h"

namespace drydock::api {
namespace {

using control::Answer;
using eventbridge::EventsOperation;

constexpr std::string_view kTarget = "AWSEvents.";

const std::map<std::string_view, EventsOperation>& operations() {
  static const std::map<std::string_view, EventsOperation> all = [] {
    std::map<std::string_view, EventsOperation> found;
    for (const auto& group : {eventbridge::rule_operations(), eventbridge::target_operations(),
                              eventbridge::event_operations()})
      for (const auto& one : group) found.emplace(one.operation.name, one);
    return found;
  }();
  return all;
}

Answer<Json> unbuilt(std::string_view name) {
  std::string names;
  for (const auto& [one, operation] : operations())
    names += (names.empty() ? "" : ", ") + std::string(one);
  return control::refuse("UnsupportedFeatureException",
                         "Drydock's EventBridge does not have the operation " +
                             std::string(name.substr(0, 100)) + ". It has " + names + ".");
}

// In the words of the service's model check.
Answer<bool> has_required(const EventsOperation& operation, const Json& input) {
  std::string_view rest = operation.required;
  while (!rest.empty()) {
    const auto space = std::min(rest.find(' '), rest.size());
    std::string member(rest.substr(0, space));
    rest.remove_prefix(std::min(space + 1, rest.size()));
    if (json_find(input, member)) continue;
    member[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(member[0])));
    return control::refuse("ValidationException",
                           "1 validation error detected: Value null at '" + member +
                               "' failed to satisfy constraint: Member must not be null");
  }
  return true;
}

Answer<Json> answer_to(const ApiContext& context, const http::Request& request) {
  const std::string_view name =
      http::header(request.headers, "X-Amz-Target").substr(kTarget.size());
  const auto found = operations().find(name);
  if (found == operations().end()) return unbuilt(name);
  DRYDOCK_LET(const Json body, input_of(request.body));
  DRYDOCK_LET(const Json input, checked(found->second.operation.input, body));
  DRYDOCK_TRY(has_required(found->second, input));
  return perform(context, found->second.operation, caller_of(request.headers, context.defaults),
                 input);
}

}  // namespace

bool is_eventbridge(const http::Request& request) {
  return request.method == "POST" &&
         http::header(request.headers, "X-Amz-Target").starts_with(kTarget);
}

http::Response eventbridge_reply(const ApiContext& context, const http::Request& request) {
  const auto answer = answer_to(context, request);
  return answer ? success(*answer) : failure(answer.error());
}

}  // namespace drydock::api
