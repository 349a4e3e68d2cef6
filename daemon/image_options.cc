#include "daemon/image_options.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

#include "images/credentials/owner.h"

namespace drydock::daemon {

images::credentials::Owner default_owner() {
  unsigned uid = ::geteuid();
  if (const char* text = std::getenv("SUDO_UID"))
    std::from_chars(text, text + std::strlen(text), uid);
  return images::credentials::owner_of(uid);
}

images::ProviderOptions provider_options(const Config& config) {
  images::ProviderOptions options;
  options.policy = images::pull_policy(config.images_pull).value_or(images::PullPolicy::kMissing);
  options.offline = config.images_offline;
  options.engine = config.images_engine;
  options.registry.insecure = config.images_insecure_registries;
  options.registry.mirrors = config.images_mirrors;
  options.aliases = config.images_aliases;
  options.owner = default_owner();
  return options;
}

images::PullOptions pull_options(const Config& config) {
  images::PullOptions options;
  options.layers_at_once = static_cast<int>(config.images_layers_at_once);
  return options;
}

}  // namespace drydock::daemon
