#include "control/services/names.h"

#include "base/ids.h"

namespace drydock::control::services {

std::string new_revision_number() {
  constexpr unsigned long long kFirst = 1000000000000000000ULL;  // the first with 19 digits
  const unsigned long long random = std::stoull(random_hex(8), nullptr, 16);
  return std::to_string(kFirst + random % (8 * kFirst));
}

std::string new_deployment_id() { return "ecs-svc/" + new_revision_number(); }

std::string new_service_deployment_id() {
  static constexpr char kLetters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr std::size_t kLength = 21;
  const std::string random = random_hex(kLength);
  std::string id;
  for (std::size_t i = 0; i < kLength; ++i)
    id += kLetters[std::stoul(random.substr(2 * i, 2), nullptr, 16) % 64];
  return id;
}

}  // namespace drydock::control::services
