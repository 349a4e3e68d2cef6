#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace drydock::control {

// In whose name a request acts: every ARN is made from these two.
struct Caller {
  std::string region;
  std::string account;
  std::string access_key;     // empty for unsigned requests
  std::string endpoint = {};  // "127.0.0.1:4590", as the caller wrote it; empty: not known
};

// "arn:aws:ecs:R:A:cluster/C" taken apart.
struct Arn {
  std::string region;
  std::string account;
  std::string type;      // "cluster", "task-definition", ...
  std::string resource;  // what follows "<type>/"
};

// nullopt when `text` is not an ECS ARN.
std::optional<Arn> parse_ecs_arn(std::string_view text);

// The name behind a "name or ARN" argument of a `type` (the part after the last '/'); nullopt when
// it is an ARN of another type, region or account, which can name nothing the caller has
// (api.md 1.5).
std::optional<std::string> local_name(const Caller& caller, std::string_view type,
                                      std::string_view name_or_arn);

}  // namespace drydock::control
