#include "daemon/log_forward.h"

#include "daemon/profile_signer.h"

namespace drydock::daemon {

std::optional<logrouter::Driver> log_forwarding(const Config& config) {
  if (config.logs_forward.empty()) return std::nullopt;
  const bool aws = config.logs_forward == "aws";
  auto signer =
      std::make_shared<ProfileSigner>(config, config.logs_forward_profile, "logs.forward", aws);
  logrouter::ForwardOptions options;
  if (!aws) options.endpoint = config.logs_forward;
  options.create_groups = config.logs_create_groups;
  options.keys = [signer] { return signer->keys(); };
  return logrouter::forwarding_driver(std::move(options));
}

}  // namespace drydock::daemon
