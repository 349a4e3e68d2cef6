#include "runtime/engine/local_aws.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "logrouter/firelens/aws_outputs.h"

namespace drydock::runtime {
namespace {

// Nothing that is mounted later hides it: a log router has a folder of ours at /var/run.
constexpr char kTrustFile[] = "/etc/drydock/ca-bundle.pem";
constexpr std::size_t kLargest = 4u << 20;
// Where images keep theirs: Debian, Fedora, SUSE, Alpine.
constexpr const char* kBundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                    "/etc/ssl/cert.pem"};

std::string value_of(const std::vector<taskdef::KeyValue>& environment, const std::string& name) {
  const auto at = std::find_if(environment.begin(), environment.end(),
                               [&](const taskdef::KeyValue& one) { return one.name == name; });
  return at == environment.end() ? std::string() : at->value;
}

// A file of the image; empty when it is none, or too large to be certificates.
std::string read_inside(int root, const std::string& path) {
  const auto file = open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return {};
  std::string text(kLargest + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file->get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kLargest) return {};
  text.resize(size);
  return text.find("-----BEGIN CERTIFICATE-----") == std::string::npos ? std::string() : text;
}

// What it trusts without us: its own file, else that of its image, else this machine's.
std::string trusted_before(int root, const std::vector<taskdef::KeyValue>& environment) {
  std::vector<std::string> places(std::begin(kBundles), std::end(kBundles));
  if (const std::string named = value_of(environment, "SSL_CERT_FILE"); !named.empty())
    places.insert(places.begin(), named);
  for (const std::string& place : places)
    if (std::string text = read_inside(root, place); !text.empty()) return text;
  return read_file(kBundles[0], kLargest).value_or(std::string());
}

}  // namespace

Result<UniqueFd> aws_listener(const Machine& machine, const TaskSpec& spec, int slot) {
  if (!spec.firelens_local) return UniqueFd();
  const auto services = logrouter::aws_outputs(spec.definition).services;
  if (services.empty()) return UniqueFd();
  return machine.network->keep_aws_here(slot, services);
}

Result<Trust> make_trust(const Machine& machine, const TaskSpec& spec,
                         const taskdef::ContainerDefinition& container, int root,
                         const std::vector<taskdef::KeyValue>& environment) {
  Trust trust;
  if (!spec.firelens_local || !machine.aws_authority) return trust;
  DRYDOCK_LET(const std::string authority, machine.aws_authority());
  std::string text = trusted_before(root, environment);
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  const std::string file = machine.paths.bundle(spec.task_id, container.name) + "/ca-bundle.pem";
  DRYDOCK_TRY(write_file_atomic(file, text + authority));
  trust.mounts.push_back({file, kTrustFile, true, false, ""});
  for (const char* name : logrouter::kTrustVariables)
    if (value_of(container.environment, name).empty())
      trust.environment.push_back(std::string(name) + "=" + kTrustFile);
  return trust;
}

}  // namespace drydock::runtime
