#include "control/caller.h"

#include <array>

namespace drydock::control {

std::optional<Arn> parse_ecs_arn(std::string_view text) {
  std::array<std::string_view, 5> head;  // arn, partition, service, region, account
  for (auto& part : head) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  const auto slash = text.find('/');
  if (head[0] != "arn" || head[1].substr(0, 3) != "aws" || head[2] != "ecs" ||
      slash == std::string_view::npos || slash == 0 || slash + 1 == text.size())
    return std::nullopt;
  return Arn{std::string(head[3]), std::string(head[4]), std::string(text.substr(0, slash)),
             std::string(text.substr(slash + 1))};
}

std::optional<std::string> local_name(const Caller& caller, std::string_view type,
                                      std::string_view name_or_arn) {
  if (name_or_arn.substr(0, 4) == "arn:") {
    const auto arn = parse_ecs_arn(name_or_arn);
    if (!arn || arn->type != type || arn->region != caller.region || arn->account != caller.account)
      return std::nullopt;
  }
  const auto slash = name_or_arn.rfind('/');
  return std::string(slash == std::string_view::npos ? name_or_arn : name_or_arn.substr(slash + 1));
}

}  // namespace drydock::control
