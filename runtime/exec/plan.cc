#include "runtime/exec/plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::runtime {
namespace {

std::string name_of(const std::string& setting) { return setting.substr(0, setting.find('=')); }

void set(std::vector<std::string>& environment, const std::string& setting) {
  const auto at = std::find_if(environment.begin(), environment.end(), [&](const auto& present) {
    return name_of(present) == name_of(setting);
  });
  if (at == environment.end())
    environment.push_back(setting);
  else
    *at = setting;
}

std::vector<std::string> environment_of(const Json& process, const ExecRequest& request,
                                        const std::optional<ContainerUser>& user) {
  std::vector<std::string> environment;
  if (const Json* list = json_find(process, "env"); list && list->is_array())
    for (const Json& one : *list)
      if (one.is_string()) environment.push_back(one.get<std::string>());
  if (user) set(environment, "HOME=" + user->home);
  const bool has_term = std::any_of(environment.begin(), environment.end(),
                                    [](const auto& e) { return name_of(e) == "TERM"; });
  if (request.terminal && !has_term) environment.push_back("TERM=" + request.terminal_type);
  for (const std::string& one : request.environment) set(environment, one);
  return environment;
}

}  // namespace

Json exec_process(const Json& container_process, const ExecRequest& request,
                  const std::optional<ContainerUser>& user) {
  Json process = container_process;
  process["args"] = request.command;
  process["terminal"] = request.terminal;
  process.erase("consoleSize");
  if (request.terminal && request.size.rows > 0 && request.size.columns > 0)
    process["consoleSize"] = {{"height", request.size.rows}, {"width", request.size.columns}};
  process["env"] = environment_of(container_process, request, user);
  if (!request.working_directory.empty()) process["cwd"] = request.working_directory;
  if (user) {
    process["user"] = {{"uid", user->uid}, {"gid", user->gid}};
    if (!user->additional_gids.empty()) process["user"]["additionalGids"] = user->additional_gids;
  }
  return process;
}

}  // namespace drydock::runtime
