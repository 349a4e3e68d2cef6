#include "images/registry/client.h"

#include <algorithm>

#include "images/registry/blob_transfer.h"
#include "images/registry/document.h"
#include "images/registry/retry.h"
#include "images/registry/session.h"

namespace drydock::images::registry {
namespace {

constexpr const char* kAccept =
    "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json";

// Docker Hub's name is not its address.
std::string address_of(const std::string& registry) {
  return registry == "docker.io" || registry == "index.docker.io" ? "registry-1.docker.io"
                                                                  : registry;
}

struct Place {
  std::unique_ptr<Session> session;
  bool is_mirror = false;
  std::atomic<bool> given_up = false;  // a mirror that failed is not asked again in this pull
};
// Mirrors in their order, then the registry itself; never empty.
using Places = std::vector<std::unique_ptr<Place>>;

class RegistrySource : public ImageSource {
 public:
  RegistrySource(Options options, Credentials credentials)
      : options_(std::move(options)), credentials_(std::move(credentials)) {}

  Result<RemoteDocument> manifest(const Reference& reference, const CancelFlag& cancel) override;
  Status blob(const Reference& reference, const Descriptor& blob, const BlobSink& sink,
              const CancelFlag& cancel) override;

 private:
  Result<const Places*> places(const std::string& registry);
  Result<RemoteDocument> manifest_from(Session& session, const Reference& reference,
                                       const CancelFlag& cancel);
  Status blob_from(Session& session, const Reference& reference, const Descriptor& blob,
                   BlobTransfer& transfer, const CancelFlag& cancel);
  Error hinted(Error error, const Session& session, const Reference& reference) const;

  const Options options_;
  const Credentials credentials_;  // of the first registry that is asked for
  Transport transport_;
  std::mutex mutex_;
  std::string credentials_for_;
  std::map<std::string, Places> places_;
};

Result<const Places*> RegistrySource::places(const std::string& registry) {
  const std::lock_guard lock(mutex_);
  if (const auto found = places_.find(registry); found != places_.end()) return &found->second;
  Places places;
  const auto add = [&](const std::string& base, bool is_mirror) -> Status {
    if (!is_mirror && credentials_for_.empty()) credentials_for_ = registry;
    const bool ours = !is_mirror && credentials_for_ == registry;
    auto place = std::make_unique<Place>();
    DRYDOCK_LET(place->session, Session::open(transport_, options_, base, is_mirror ? "" : registry,
                                              ours ? credentials_ : Credentials{}));
    place->is_mirror = is_mirror;
    places.push_back(std::move(place));
    return {};
  };
  if (const auto mirrors = options_.mirrors.find(registry); mirrors != options_.mirrors.end())
    for (const auto& mirror : mirrors->second) DRYDOCK_TRY(add(mirror, true));
  DRYDOCK_TRY(add(address_of(registry), false));
  return &places_.emplace(registry, std::move(places)).first->second;
}

Error RegistrySource::hinted(Error error, const Session& session,
                             const Reference& reference) const {
  if (error.code == Errc::kDenied)
    error.message +=
        session.anonymous()
            ? "; the image may not exist or may need a login: docker login " + reference.registry
            : "; the credentials that are stored for " + reference.registry +
                  " may be wrong or may lack the right to pull it";
  return error;
}

Result<RemoteDocument> RegistrySource::manifest_from(Session& session, const Reference& reference,
                                                     const CancelFlag& cancel) {
  Question question;
  question.repository = reference.repository;
  question.path = "manifests/" + (reference.digest.empty() ? reference.tag : reference.digest);
  question.headers = {kAccept};
  question.most_body = kLargestManifest;
  const std::string doing = reference.text();
  auto answer = persist(
      options_, session, doing, [&] { return session.get(question, cancel); }, {}, cancel);
  if (!answer) return tl::unexpected(hinted(std::move(answer.error()), session, reference));
  if (answer->status != 200)
    return tl::unexpected(hinted(error_of_answer(*answer, doing), session, reference));
  auto document =
      check_document(std::move(answer->body), answer->header("content-type"), reference.digest);
  if (!document) return tl::unexpected(std::move(document.error()).in(doing));
  return document;
}

Result<RemoteDocument> RegistrySource::manifest(const Reference& reference,
                                                const CancelFlag& cancel) {
  DRYDOCK_LET(const Places* const all, places(reference.registry));
  for (const auto& place : *all) {
    if (place->given_up) continue;
    auto document = manifest_from(*place->session, reference, cancel);
    const bool last = !place->is_mirror;
    if (document || last || document.error().code == Errc::kCancelled) return document;
    // A mirror that only lacks this one may have the next.
    if (document.error().code != Errc::kNotFound) place->given_up = true;
  }
  return fail(Errc::kSystem, reference.text() + ": no registry to ask");
}

Status RegistrySource::blob_from(Session& session, const Reference& reference,
                                 const Descriptor& blob, BlobTransfer& transfer,
                                 const CancelFlag& cancel) {
  const std::string doing = reference.name() + ": blob " + blob.digest;
  auto answer = persist(
      options_, session, doing,
      [&] { return transfer.attempt(session, reference.repository, cancel); },
      [&] { return transfer.had(); }, cancel);
  if (!answer) return tl::unexpected(hinted(std::move(answer.error()), session, reference));
  if (answer->status >= 300)
    return tl::unexpected(hinted(error_of_answer(*answer, doing), session, reference));
  if (auto verified = transfer.verify(); !verified)
    return tl::unexpected(std::move(verified.error()).in(doing));
  return {};
}

Status RegistrySource::blob(const Reference& reference, const Descriptor& blob,
                            const BlobSink& sink, const CancelFlag& cancel) {
  if (!is_digest(blob.digest))
    return fail(Errc::kInvalid, reference.name() + ": a blob's digest is not a sha256");
  DRYDOCK_LET(const Places* const all, places(reference.registry));
  std::optional<Error> refused;  // by the sink: no other place helps
  const BlobSink careful = [&](std::string_view data) {
    auto taken = sink(data);
    if (!taken) refused = taken.error();
    return taken;
  };
  BlobTransfer transfer(blob, careful);
  for (const auto& place : *all) {
    if (place->given_up) continue;
    auto done = blob_from(*place->session, reference, blob, transfer, cancel);
    if (done || refused) return refused ? tl::unexpected(std::move(*refused)) : Status();
    const bool whole = transfer.had() == blob.size && blob.size > 0;  // and wrong
    if (place->is_mirror && done.error().code != Errc::kNotFound) place->given_up = true;
    if (!place->is_mirror || whole || done.error().code == Errc::kCancelled) return done;
  }
  return fail(Errc::kSystem, reference.name() + ": no registry to ask");
}

}  // namespace

std::unique_ptr<ImageSource> open_registry(Options options, Credentials credentials) {
  return std::make_unique<RegistrySource>(std::move(options), std::move(credentials));
}

}  // namespace drydock::images::registry
