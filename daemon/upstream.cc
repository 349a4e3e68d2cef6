#include "daemon/upstream.h"

#include "daemon/profile_signer.h"

namespace drydock::daemon {

std::shared_ptr<const api::Upstream> configured_upstream(const Config& config,
                                                         const std::string& instance) {
  if (config.upstream_endpoint.empty() && config.upstream_services.empty()) return nullptr;
  const std::string& named = config.upstream_profile;
  auto signer = std::make_shared<ProfileSigner>(config, named.empty() ? "default" : named,
                                                "upstream.profile", true);
  api::UpstreamOptions options;
  options.endpoint = config.upstream_endpoint;
  options.services = config.upstream_services;
  options.keys = [signer] { return signer->keys(); };
  options.sign_all = !named.empty();
  options.tasks = config.upstream_tasks;
  options.silence = std::chrono::duration_cast<std::chrono::seconds>(config.upstream_timeout);
  options.region = config.region;
  options.instance = instance;
  return std::make_shared<api::Upstream>(std::move(options));
}

}  // namespace drydock::daemon
