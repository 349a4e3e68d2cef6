#include "cli/calling_user.h"

#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

namespace drydock::cli {

Json calling_user() {
  constexpr std::array<std::pair<const char*, const char*>, 7> kFrom = {
      {{"home", "HOME"},
       {"dockerConfig", "DOCKER_CONFIG"},
       {"awsProfile", "AWS_PROFILE"},
       {"awsConfig", "AWS_CONFIG_FILE"},
       {"awsCredentials", "AWS_SHARED_CREDENTIALS_FILE"},
       {"runtimeDir", "XDG_RUNTIME_DIR"},
       {"path", "PATH"}}};
  Json user = Json::object();
  for (const auto& [member, variable] : kFrom)
    if (const char* value = std::getenv(variable)) user[member] = value;
  return user;
}

}  // namespace drydock::cli
