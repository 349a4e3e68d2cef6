#include "runtime/lifecycle/router_order.h"

#include <algorithm>

namespace drydock::runtime::lifecycle {

void add_router_dependencies(const taskdef::TaskDefinition& definition, TaskState& state) {
  const auto& all = definition.containers;
  const auto router = std::find_if(
      all.begin(), all.end(), [](const auto& c) { return c.firelens_configuration.has_value(); });
  if (router == all.end() || !router->depends_on.empty()) return;
  const auto at = static_cast<std::size_t>(router - all.begin());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& log = all[i].log_configuration;
    if (i == at || !log || log->driver != "awsfirelens") continue;
    auto& waits = state.containers[i].rules.depends_on;
    const bool has = std::any_of(waits.begin(), waits.end(), [&](const Dependency& d) {
      return d.on == at && d.until != Wait::kCreate;
    });
    if (!has) waits.push_back({at, Wait::kStart});
  }
}

}  // namespace drydock::runtime::lifecycle
