#include "daemon/secret_sources.h"

#include "daemon/image_options.h"
#include "metadata/profile.h"

namespace drydock::daemon {

bool is_aws_source(const std::string& text) {
  return text == "none" || text == "profile" ||
         (text.starts_with("profile:") && text.size() > sizeof("profile:") - 1);
}

secrets::ChainOptions secret_sources(const Config& config, secrets::Vault& vault) {
  secrets::ChainOptions options;
  options.vault = &vault;
  for (const std::string& file : {config.secrets_file, config.images_logins})
    if (!file.empty()) options.files.push_back(file);
  options.endpoint = config.secrets_endpoint;
  if (config.secrets_aws == "none") return options;
  // Those of the user who runs the task, as for its role.
  options.aws_keys = [mode = config.secrets_aws, region = config.region,
                      sts = config.credentials_sts_endpoint, sso = config.credentials_sso_endpoint](
                         const std::map<std::string, std::string>& user) -> Result<http::AwsKeys> {
    metadata::ProfileOwner usual;
    usual.owner = default_owner();
    DRYDOCK_LET(const metadata::ProfileKeys found,
                metadata::profile_keys(metadata::profile_owner(user, mode, usual),
                                       {region, sts, nullptr, sso}));
    return http::AwsKeys{found.keys.access_key, found.keys.secret, found.keys.token};
  };
  return options;
}

}  // namespace drydock::daemon
