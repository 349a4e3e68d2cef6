#include "images/registry/trust.h"

#include "base/files.h"

namespace drydock::images::registry {
namespace {

constexpr std::size_t kLargestCertificate = 1 << 20;
constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

Status add_folder(Trust& trust, const std::string& folder) {
  for (const auto& name : list_dir(folder)) {
    const std::string path = folder + "/" + name;
    if (ends_with(name, ".crt")) {
      DRYDOCK_LET(const std::string pem, read_file(path, kLargestCertificate));
      trust.authorities += pem + "\n";
    } else if (ends_with(name, ".cert")) {
      const std::string key = path.substr(0, path.size() - 5) + ".key";
      if (!exists(key)) return fail(Errc::kInvalid, path + " has no " + key + " beside it");
      trust.client_cert = path;
      trust.client_key = key;
    }
  }
  return {};
}

}  // namespace

Result<Trust> load_trust(const std::vector<std::string>& folders, const Url& url,
                         const std::string& alias) {
  Trust trust;
  if (url.scheme != "https" || url.host.front() == '.') return trust;
  std::vector<std::string> names = {url.host_port()};
  if (url.port == 443) names.push_back(url.host + ":443");
  if (!alias.empty() && alias != names.front()) names.push_back(alias);
  for (const auto& folder : folders)
    for (const auto& name : names) DRYDOCK_TRY(add_folder(trust, folder + "/" + name));
  if (trust.authorities.empty()) return trust;
  if (auto system = read_file(kSystemAuthorities)) trust.authorities += *system;
  return trust;
}

}  // namespace drydock::images::registry
