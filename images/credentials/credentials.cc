#include "images/credentials/credentials.h"

#include "images/credentials/as_owner.h"
#include "images/credentials/config_file.h"
#include "images/credentials/ecr.h"

namespace drydock::images::credentials {
namespace {

// Docker's own name for its hub, which its credential helpers know it by.
std::string server_of(std::string_view registry) {
  const std::string key = normal_key(registry);
  return key == "docker.io" ? "https://index.docker.io/v1/" : key;
}

Result<std::optional<registry::Credentials>> from_file(const Owner& owner, const std::string& path,
                                                       std::string_view registry,
                                                       std::string_view repository) {
  DRYDOCK_LET(const std::optional<std::string> text, read_as_owner(owner, path));
  if (!text) return std::nullopt;
  auto file = parse_config_file(*text);
  if (!file) return tl::unexpected(std::move(file.error()).in(path));
  if (const std::string helper = find_helper(*file, registry); !helper.empty()) {
    DRYDOCK_LET(auto found, ask_helper(owner, helper, server_of(registry)));
    if (found && !found->empty()) return found;
  }
  auto found = find_credentials(*file, registry, repository);
  if (found.empty()) return std::nullopt;
  return found;
}

std::vector<std::string> files_of(const Owner& owner) {
  std::vector<std::string> files;
  if (!owner.docker_config.empty())
    files.push_back(owner.docker_config + "/config.json");
  else if (!owner.home.empty())
    files.push_back(owner.home + "/.docker/config.json");
  files.push_back(owner.runtime_dir.empty()
                      ? "/run/containers/" + std::to_string(owner.uid) + "/auth.json"
                      : owner.runtime_dir + "/containers/auth.json");
  if (!owner.home.empty()) files.push_back(owner.home + "/.config/containers/auth.json");
  return files;
}

}  // namespace

Result<registry::Credentials> for_registry(const Owner& owner, std::string_view registry,
                                           std::string_view repository) {
  for (const auto& path : files_of(owner)) {
    DRYDOCK_LET(auto found, from_file(owner, path, registry, repository));
    if (found) return std::move(*found);
  }
  if (const auto ecr = parse_ecr_host(registry)) {
    DRYDOCK_LET(const http::AwsKeys keys, aws_keys_of(owner));
    if (!keys.empty()) return ecr_login(*ecr, keys);
  }
  return registry::Credentials{};
}

}  // namespace drydock::images::credentials
