#include "runtime/engine/take_image.h"

#include <cerrno>

#include "images/credentials/owner.h"
#include "images/provider.h"
#include "images/reference.h"
#include "logrouter/builtin/router_plan.h"
#include "runtime/bundle/platform.h"
#include "runtime/engine/cleanup.h"
#include "runtime/engine/task_secrets.h"

namespace drydock::runtime {
namespace {

images::ImageRequest request_of(const TaskSpec& spec, std::size_t container) {
  images::ImageRequest request;
  request.reference = image_reference(spec, container);
  request.policy = images::pull_policy(spec.pull);
  request.holder = image_holder(spec.task_id, container);
  request.owner = images::credentials::owner_from(spec.user);
  const std::string& architecture = spec.definition.cpu_architecture;
  if (architecture == "ARM64") request.platform = {"linux", "arm64", ""};
  if (architecture == "X86_64") request.platform = {"linux", "amd64", ""};
  return request;
}

Result<images::ImagePtr> take_builtin_router(const Machine& m, const ImageJob& job) {
  if (!m.builtin_router) return fail(Errc::kNotFound, "there is no built-in log router here");
  auto name = m.builtin_router();
  // Not kNotFound: nobody else has it.
  if (!name) return fail(Errc::kUnsupported, name.error().message);
  return m.images->acquire(image_holder(job.spec->task_id, job.container), *name);
}

// Whether the built-in log router may do the work of an image that cannot be had: a public one,
// whose work is what the definition says of it.
bool may_stand_in(const Machine& m, const ImageJob& job, const Error& why) {
  const auto& c = job.spec->definition.containers[job.container];
  return m.builtin_router && why.code != Errc::kCancelled && c.firelens_configuration &&
         logrouter::is_public_router_image(image_reference(*job.spec, job.container)) &&
         logrouter::check_builtin_router(job.spec->definition);
}

// After the failure of a log router's image.
std::string router_advice(const Machine& m, const ImageJob& job) {
  const auto& c = job.spec->definition.containers[job.container];
  if (!m.builtin_router || !c.firelens_configuration) return {};
  if (auto fits = logrouter::check_builtin_router(job.spec->definition); !fits)
    return " (nor can the log router that is built in do its work: " + fits.error().message + ")";
  return " (the log router that is built in can do its work: drydock run --firelens builtin)";
}

std::string resolve_failed(const std::string& full, const std::string& why) {
  return "pull image manifest has been retried 1 time(s): failed to resolve ref " + full + ": " +
         why;
}

}  // namespace

std::string image_reference(const TaskSpec& spec, std::size_t container) {
  const auto& c = spec.definition.containers[container];
  const auto at = spec.images.find(c.name);
  return at == spec.images.end() ? c.image : at->second;
}

bool is_builtin_router(const images::Image& image) {
  const auto label = image.config.labels.find("drydock.builtin");
  return label != image.config.labels.end() && label->second == "log-router";
}

Result<images::ImagePtr> take_image_here(const Machine& m, const ImageJob& job) {
  DRYDOCK_TRY(check_platform(job.spec->definition, m.host.machine, binfmt_registrations()));
  // After a restart of the daemon the task has its image still, whatever became of its name.
  if (auto held = m.images->held(image_holder(job.spec->task_id, job.container))) return held;
  if (image_reference(*job.spec, job.container) == logrouter::kBuiltinRouterImage)
    return take_builtin_router(m, job);
  return m.provider->here(request_of(*job.spec, job.container));
}

tl::expected<images::ImagePtr, std::string> take_image(const Machine& m, const ImageJob& job) {
  images::ImageRequest request = request_of(*job.spec, job.container);
  const std::string& secret = job.spec->definition.containers[job.container].credentials_parameter;
  if (!secret.empty()) {
    auto login =
        fetch_login(m, *job.spec, secret, [cancel = job.cancel] { return cancel->is_set(); });
    if (!login) return tl::unexpected(std::move(login.error()));
    request.login = std::move(*login);
  }
  auto image = m.provider->get(request, *job.cancel);
  if (image) return std::move(*image);
  if (may_stand_in(m, job, image.error()))
    if (auto router = take_builtin_router(m, job)) return std::move(*router);
  return tl::unexpected(pull_failure(request.reference, image.error()) + router_advice(m, job));
}

std::string pull_failure(const std::string& reference, const Error& error) {
  const auto name = images::parse_reference(reference);
  const std::string full = name ? name->text() : reference;
  const std::string told = " (" + error.message + ")";
  std::string text = "CannotPullContainerError: ";
  switch (error.code) {
    case Errc::kNotFound:
      return text + resolve_failed(full, full + ": not found" + told);
    case Errc::kDenied:
      return text + resolve_failed(full,
                                   "pull access denied, repository does not exist or may require "
                                   "authorization: authorization failed" +
                                       told);
    case Errc::kLimited:
      return text +
             resolve_failed(
                 full, "unexpected status code: 429 Too Many Requests - toomanyrequests" + told);
    case Errc::kUnsupported:
      return text + "pull image manifest has been retried 1 time(s): " + error.message;
    case Errc::kTimeout:
      return text + resolve_failed(full, "failed to do request: i/o timeout" + told);
    default:
      break;
  }
  if (error.sys == ENOSPC)
    return text +
           "ref pull has been retried 1 time(s): failed to extract layer: no space left "
           "on device" +
           told;
  return text + "ref pull has been retried 1 time(s): failed to copy: " + error.message;
}

}  // namespace drydock::runtime
