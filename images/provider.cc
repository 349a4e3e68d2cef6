#include "images/provider.h"

#include <array>
#include <tuple>
#include <utility>

#include "images/engine_source.h"

namespace drydock::images {
namespace {

constexpr std::string_view kEngine = "docker-daemon:";
constexpr std::array<std::pair<std::string_view, PullPolicy>, 3> kPolicies = {
    {{"always", PullPolicy::kAlways},
     {"missing", PullPolicy::kMissing},
     {"never", PullPolicy::kNever}}};

// A digest or an id: what it stands for never changes, and no registry finds it without a name.
bool is_bare_digest(const std::string& text) { return is_digest(text); }

std::string load_hint() {
  return "an image that was built here comes in with drydock load, or with drydock pull "
         "docker-daemon:NAME";
}

// What the person at this machine can do about an answer of a registry.
std::string hint(const Error& error, const Reference& reference) {
  switch (error.code) {
    case Errc::kNotFound:
      return "is the name right? (" + load_hint() + ")";
    case Errc::kDenied:
      return "log in as the user who asks, with docker login " + reference.registry +
             " or podman login " + reference.registry + "; or the name is wrong (" + load_hint() +
             ")";
    case Errc::kLimited:
      return "wait, log in to " + reference.registry +
             ", or name a mirror in images.mirrors of the configuration";
    case Errc::kTimeout:
      return "is " + reference.registry + " reachable from this machine? (" + load_hint() + ")";
    default:
      return {};
  }
}

tl::unexpected<Error> with_hint(Error error, const std::string& text) {
  if (!text.empty()) error.message += "; " + text;
  return tl::unexpected(std::move(error));
}

bool right_platform(const Image& image, const std::optional<Platform>& wanted) {
  return !wanted ||
         (image.platform.os == wanted->os && image.platform.architecture == wanted->architecture &&
          (wanted->variant.empty() || image.platform.variant.empty() ||
           image.platform.variant == wanted->variant));
}

Result<ImagePtr> from_store(Store& store, const std::string& name, const ImageRequest& request) {
  const auto& [holder, platform] = std::tie(request.holder, request.platform);
  auto found = holder.empty() ? store.find(name) : store.acquire(holder, name);
  if (!found || right_platform(**found, platform)) return found;
  if (!holder.empty()) DRYDOCK_TRY(store.release(holder));
  return fail(Errc::kNotFound, "the store has " + name + " for " + (*found)->platform.text() +
                                   ", not for " + platform->text());
}

Result<ImagePtr> from_engines(Store& store, const std::string& name, const ImageRequest& request,
                              unsigned uid, const CancelFlag& cancel) {
  DRYDOCK_LET(const Reference reference, parse_reference(name));
  const auto sockets = engine_sockets(uid);
  if (sockets.empty())
    return fail(Errc::kNotFound,
                "no Docker or Podman engine offers its API here (looked for /run/docker.sock and "
                "/run/podman/podman.sock), which should have " +
                    reference.familiar());
  std::string asked;
  for (const auto& socket : sockets) {
    auto loaded = load_from_engine(store, socket, reference, cancel);
    if (loaded) return from_store(store, loaded->manifest_digest, request);
    if (loaded.error().code != Errc::kNotFound) return tl::unexpected(std::move(loaded.error()));
    asked += (asked.empty() ? "" : "; ") + loaded.error().message;
  }
  return fail(Errc::kNotFound,
              "no Docker or Podman engine here has " + reference.familiar() + " (" + asked + ")");
}

}  // namespace

std::optional<PullPolicy> pull_policy(std::string_view text) {
  for (const auto& [name, policy] : kPolicies)
    if (name == text) return policy;
  return std::nullopt;
}

std::string_view pull_policy_name(PullPolicy policy) {
  for (const auto& [name, candidate] : kPolicies)
    if (candidate == policy) return name;
  return "missing";
}

Provider::Provider(Store& store, Puller& puller, ProviderOptions options)
    : store_(store), puller_(puller), options_(std::move(options)) {}

Result<ImagePtr> Provider::here(const ImageRequest& request) {
  const Wanted wanted = wanted_of(request);
  if (wanted.policy == PullPolicy::kAlways)
    return fail(Errc::kNotFound, wanted.name + " is to be pulled");
  return from_store(store_, wanted.name, request);
}

Provider::Wanted Provider::wanted_of(const ImageRequest& request) const {
  Wanted wanted;
  wanted.policy = request.policy.value_or(options_.policy);
  wanted.name = request.reference;
  wanted.engine = wanted.name.starts_with(kEngine);
  if (wanted.engine)
    wanted.name.erase(0, kEngine.size());
  else
    wanted.name = apply_aliases(options_.aliases, wanted.name);
  // What a digest stands for cannot have changed.
  const auto at = wanted.name.find('@');
  const bool fixed = is_bare_digest(wanted.name) ||
                     (at != std::string::npos && is_digest(wanted.name.substr(at + 1)));
  if (fixed && wanted.policy == PullPolicy::kAlways) wanted.policy = PullPolicy::kMissing;
  return wanted;
}

Result<ImagePtr> Provider::get(const ImageRequest& request, const CancelFlag& cancel) {
  const Wanted wanted = wanted_of(request);
  const auto owner = request.owner.value_or(options_.owner);
  if (wanted.policy != PullPolicy::kAlways) {
    auto found = from_store(store_, wanted.name, request);
    if (found || found.error().code != Errc::kNotFound) return found;
    if (wanted.policy == PullPolicy::kNever)
      return with_hint(
          Error{Errc::kNotFound,
                found.error().message + ", and it is never to be pulled (pull policy \"never\")"},
          "get it with drydock pull " + request.reference + "; " + load_hint());
    if (is_bare_digest(wanted.name)) return found;
    if (options_.engine && !wanted.engine) {
      auto loaded = from_engines(store_, wanted.name, request, owner.uid, cancel);
      if (loaded || loaded.error().code != Errc::kNotFound) return loaded;
    }
  }
  if (wanted.engine) return from_engines(store_, wanted.name, request, owner.uid, cancel);
  if (options_.offline)
    return with_hint(
        Error{Errc::kNotFound, wanted.name + " cannot be pulled: images.offline is set in the "
                                             "daemon's configuration, so no registry is asked"},
        load_hint());
  return from_registry(request, wanted.name, owner, cancel);
}

Result<ImagePtr> Provider::from_registry(const ImageRequest& request, const std::string& name,
                                         const credentials::Owner& owner,
                                         const CancelFlag& cancel) {
  DRYDOCK_LET(Reference reference, parse_reference(name));
  registry::Credentials login;
  std::string no_login;  // why there are no credentials, told when they are missed
  if (request.login) {
    login = *request.login;
  } else if (auto found =
                 credentials::for_registry(owner, reference.registry, reference.repository)) {
    login = std::move(*found);
  } else {
    no_login = found.error().message;
  }
  PullRequest pull;
  pull.reference = reference;
  pull.platform = request.platform;
  pull.source = registry::open_registry(options_.registry, std::move(login));
  pull.holder = request.holder;
  pull.progress = request.progress;
  auto pulled = puller_.pull(pull, cancel);
  if (pulled) return pulled;
  std::string text = hint(pulled.error(), reference);
  if (!no_login.empty() && pulled.error().code != Errc::kCancelled)
    text += std::string(text.empty() ? "" : "; ") + "it was asked without credentials: " + no_login;
  if (name != request.reference)
    text += std::string(text.empty() ? "" : "; ") + request.reference +
            " stands for it by images.aliases";
  return with_hint(std::move(pulled.error()), text);
}

}  // namespace drydock::images
