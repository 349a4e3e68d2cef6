#include "runtime/engine/take_image.h"

#include <cerrno>

#include "images/credentials/login_file.h"
#include "images/credentials/owner.h"
#include "images/provider.h"
#include "images/reference.h"
#include "runtime/engine/cleanup.h"

namespace drydock::runtime {
namespace {

constexpr std::string_view kNoLogin =
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
    "retrieval failed: unable to retrieve secret from asm: service call has been retried 1 "
    "time(s): ";

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

Result<images::ImagePtr> take_image_here(const Machine& m, const ImageJob& job) {
  // After a restart of the daemon the task has its image still, whatever became of its name.
  if (auto held = m.images->held(image_holder(job.spec->task_id, job.container))) return held;
  return m.provider->here(request_of(*job.spec, job.container));
}

tl::expected<images::ImagePtr, std::string> take_image(const Machine& m, const ImageJob& job) {
  images::ImageRequest request = request_of(*job.spec, job.container);
  const std::string& secret = job.spec->definition.containers[job.container].credentials_parameter;
  if (!secret.empty()) {
    if (m.logins_file.empty())
      return tl::unexpected(std::string(kNoLogin) + secret +
                            " (no file stands in for Secrets Manager: name one in images.logins "
                            "of the configuration)");
    auto login = images::credentials::login_from_file(m.logins_file, secret);
    if (!login) return tl::unexpected(std::string(kNoLogin) + login.error().message);
    request.login = std::move(*login);
  }
  auto image = m.provider->get(request, *job.cancel);
  if (!image) return tl::unexpected(pull_failure(request.reference, image.error()));
  return std::move(*image);
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
