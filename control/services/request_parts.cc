#include "control/services/request_parts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::control::services {

Answer<std::string> token_of(const Json& request) {
  constexpr std::size_t kMostToken = 36;
  std::string token = json_string(request, "clientToken");
  if (token.size() > kMostToken) return invalid_parameter("idempotency token longer than 36.");
  if (std::any_of(token.begin(), token.end(), [](unsigned char c) { return c < 33 || c > 126; }))
    return invalid_parameter("clientToken must have ASCII characters between 33 and 126 only.");
  return token;
}

void fill_launch(Json& settings, const RunPlan& plan) {
  if (!settings.contains("launchType") && !settings.contains("capacityProviderStrategy")) {
    if (plan.capacity_provider.empty())
      settings["launchType"] = plan.launch_type;
    else
      settings["capacityProviderStrategy"] = *plan.cluster.default_strategy;
  }
  if (plan.launch_type == "FARGATE" && !settings.contains("platformVersion"))
    settings["platformVersion"] = "LATEST";
}

}  // namespace drydock::control::services
