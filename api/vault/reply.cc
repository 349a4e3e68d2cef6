#include "api/vault/reply.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "api/protocol.h"
#include "api/shapes.h"
#include "api/vault/operation.h"

namespace drydock::api::vault {
namespace {

using Table = std::map<std::string_view, Operation>;

Table table_of(std::initializer_list<std::vector<Operation>> groups) {
  Table all;
  for (const auto& group : groups)
    for (const Operation& one : group) all.emplace(one.name, one);
  return all;
}

// NOLINTNEXTLINE(bugprone-exception-escape): a table of literals
struct Service {
  std::string_view target;  // what X-Amz-Target begins with
  std::string_view name;
  Table operations;
};

const std::vector<Service>& services() {
  static const std::vector<Service> all = {
      {"secretsmanager.", "Secrets Manager",
       table_of({secret_value_operations(), secret_list_operations(), secret_life_operations(),
                 secret_policy_operations()})},
      {"AmazonSSM.", "Systems Manager",
       table_of({parameter_put_operations(), parameter_get_operations(),
                 parameter_list_operations(), parameter_tag_operations()})}};
  return all;
}

std::string_view target_of(const http::Request& request) {
  return http::header(request.headers, "X-Amz-Target");
}

const Service* service_of(std::string_view target) {
  for (const Service& one : services())
    if (target.starts_with(one.target)) return &one;
  return nullptr;
}

// In the words of both services' model checks.
Answer<bool> has_required(const Operation& operation, const Json& input) {
  std::string missing;
  int count = 0;
  std::string_view rest = operation.required;
  while (!rest.empty()) {
    const auto space = std::min(rest.find(' '), rest.size());
    std::string member(rest.substr(0, space));
    rest.remove_prefix(std::min(space + 1, rest.size()));
    if (json_find(input, member)) continue;
    member[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(member[0])));
    missing += (count++ == 0 ? "" : "; ") + std::string("Value null at '") + member +
               "' failed to satisfy constraint: Member must not be null";
  }
  if (count == 0) return true;
  return control::refuse("ValidationException", std::to_string(count) + " validation error" +
                                                    (count > 1 ? "s" : "") +
                                                    " detected: " + missing);
}

Answer<Json> unbuilt(const Service& service, std::string_view name) {
  std::string names;
  for (const auto& [one, operation] : service.operations)
    names += (names.empty() ? "" : ", ") + std::string(one);
  return control::refuse("UnsupportedFeatureException", "Drydock's " + std::string(service.name) +
                                                            " does not have the operation " +
                                                            std::string(name.substr(0, 100)) +
                                                            ". It has " + names + ".");
}

Answer<Json> answer_to(ApiContext& context, const http::Request& request) {
  const Service& service = *service_of(target_of(request));
  const std::string_view name = target_of(request).substr(service.target.size());
  const auto found = service.operations.find(name);
  if (found == service.operations.end()) return unbuilt(service, name);
  const Operation& operation = found->second;
  DRYDOCK_LET(const Json body, input_of(request.body));
  DRYDOCK_LET(const Json input, checked(operation.input, body));
  DRYDOCK_TRY(has_required(operation, input));
  const control::Caller caller = caller_of(request.headers, context.defaults);
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(drydock::now().time_since_epoch());
  return operation.run({*context.vault,
                        {caller.region, caller.account},
                        "arn:aws:iam::" + caller.account + ":root",
                        now.count()},
                       input);
}

}  // namespace

bool is_vault(const http::Request& request) {
  return request.method == "POST" && service_of(target_of(request)) != nullptr;
}

http::Response reply(ApiContext& context, const http::Request& request) {
  const auto answer = answer_to(context, request);
  return answer ? success(*answer) : failure(answer.error());
}

}  // namespace drydock::api::vault
