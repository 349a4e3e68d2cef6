#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "images/credentials/credentials.h"
#include "images/pull.h"
#include "images/registry/client.h"
#include "images/store.h"

namespace drydock::images {

// When a registry is asked: always, when the store lacks the image, or never.
enum class PullPolicy { kAlways, kMissing, kNever };

// "always", "missing", "never"; nothing for any other text.
std::optional<PullPolicy> pull_policy(std::string_view text);
std::string_view pull_policy_name(PullPolicy policy);

// How images are found; from the daemon's configuration.
struct ProviderOptions {
  PullPolicy policy = PullPolicy::kMissing;  // of who names none
  bool offline = false;                      // no registry is ever asked
  bool engine = false;  // a running Docker or Podman is asked before a registry
  registry::Options registry;
  // An exact image name, or the start of one ending in "/", and what stands for it here (decision
  // 31).
  std::map<std::string, std::string> aliases;
  credentials::Owner owner;  // whose credentials serve who brings none (decision 12)
};

// What one image is asked for with.
struct ImageRequest {
  std::string reference;  // also "docker-daemon:REF"
  std::optional<PullPolicy> policy;
  std::optional<Platform> platform;            // the host's when absent
  std::optional<registry::Credentials> login;  // for this registry, instead of the owner's
  std::optional<credentials::Owner> owner;     // instead of ProviderOptions::owner
  // As PullRequest::holder: holds the image from the moment it is found or there. Empty: nobody.
  std::string holder = {};
  std::function<void(const std::vector<LayerProgress>&)> progress;  // as PullRequest::progress
};

// Gives images by name, from wherever they are: applies the aliases, looks in the store, in a
// running engine when that is configured, and asks the registry with the credentials of who wants
// the image. Thread-safe; get() blocks.
class Provider {
 public:
  // Both must outlive the provider.
  Provider(Store& store, Puller& puller, ProviderOptions options);

  // Errors as Store::find, Puller::pull and credentials::for_registry. The message names the image
  // as it was asked for and says what to do. A registry that cannot be reached is an error with
  // kAlways, also when the store has the image: never silently an old one.
  Result<ImagePtr> get(const ImageRequest& request, const CancelFlag& cancel);
  // The same from the store alone, with no wait: kNotFound, or nothing to be had without a pull by
  // this policy.
  Result<ImagePtr> here(const ImageRequest& request);

  const ProviderOptions& options() const { return options_; }

 private:
  struct Wanted {
    std::string name;  // behind the alias, without "docker-daemon:"
    PullPolicy policy = PullPolicy::kMissing;
    bool engine = false;  // asked of an engine by name
  };
  Wanted wanted_of(const ImageRequest& request) const;
  Result<ImagePtr> from_registry(const ImageRequest& request, const std::string& name,
                                 const credentials::Owner& owner, const CancelFlag& cancel);
  Store& store_;
  Puller& puller_;
  ProviderOptions options_;
};

// What `reference` stands for: an alias for the exact name (as written or complete), for the name
// with any tag, or for the longest start of it. Pure.
std::string apply_aliases(const std::map<std::string, std::string>& aliases,
                          const std::string& reference);

}  // namespace drydock::images
