#include "control/services/external_requests.h"

#include <cctype>
#include <nlohmann/json.hpp>

#include "control/services/requests.h"

namespace drydock::control::services {
namespace {

bool is_nothing(const Json& value) {
  return (value.is_array() || value.is_string()) && value.empty();
}

// The first member that belongs to task sets; empty when there is none.
std::string of_task_sets(const Json& request) {
  if (!json_string(request, "taskDefinition").empty()) return "taskDefinition";
  const Json given = revision_settings(request);
  for (const auto& [key, value] : given.items())
    if (!is_nothing(value)) return key;
  return {};
}

}  // namespace

Answer<bool> check_external(const Json& request) {
  if (json_string(request, "schedulingStrategy") == "DAEMON")
    return invalid_parameter(
        "The daemon scheduling strategy does not support the EXTERNAL deployment controller.");
  if (std::string given = of_task_sets(request); !given.empty()) {
    given[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(given[0])));
    return invalid_parameter(given + " must be blank");
  }
  const Json* configuration = json_find(request, "deploymentConfiguration");
  const Json* breaker =
      configuration ? json_find(*configuration, "deploymentCircuitBreaker") : nullptr;
  if (breaker && json_bool(*breaker, "enable"))
    return invalid_parameter(
        "The deployment circuit breaker is only supported with the ECS deployment controller.");
  return true;
}

Answer<bool> check_external_update(const Json& request) {
  std::string given = of_task_sets(request);
  if (given.empty() && json_bool(request, "forceNewDeployment")) given = "forceNewDeployment";
  if (given.empty()) return true;
  return invalid_parameter("Unable to update " + given +
                           " on services with an EXTERNAL deployment controller. Use CreateTaskSet "
                           "and UpdateServicePrimaryTaskSet.");
}

Answer<Json> task_set_settings(const Json& service_settings, const Json& request) {
  Revision asked;
  asked.definition_arn = json_string(request, "taskDefinition");
  Json given = revision_settings(request);
  for (const char* list : {"loadBalancers", "serviceRegistries"})
    if (!given.contains(list)) given[list] = Json::array();
  if (const auto it = given.find("capacityProviderStrategy"); it != given.end() && it->empty())
    given.erase(it);
  asked.settings = std::make_shared<const Json>(std::move(given));
  return finished_settings(settings_with(service_settings, asked));
}

Answer<double> scale_of(const Json& request) {
  constexpr double kAll = 100;
  const Json* scale = json_find(request, "scale");
  if (!scale) return kAll;
  if (const std::string unit = json_string(*scale, "unit", "PERCENT"); unit != "PERCENT")
    return invalid_parameter("Scale unit should be one of [PERCENT]");
  const Json* value = json_find(*scale, "value");
  const double percent = value ? value->get<double>() : 0;  // SDKs leave a 0 out
  if (!(percent >= 0 && percent <= kAll))
    return invalid_parameter("The scale of a task set must be between 0 and 100 percent.");
  return percent;
}

}  // namespace drydock::control::services
