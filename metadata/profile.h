#pragma once
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "images/credentials/owner.h"
#include "metadata/role_credentials.h"

namespace drydock::metadata {

// A user of this machine and where his AWS files are.
struct ProfileOwner {
  images::credentials::Owner owner;
  std::string profile = "default";
  std::string config_file;       // empty: ~/.aws/config
  std::string credentials_file;  // empty: ~/.aws/credentials
};

// Who `user` (TaskSpec::user) is and which profile he means: that of "profile:NAME" (or
// "assume:NAME"), else his own choice. `usual` when `user` names nobody.
ProfileOwner profile_owner(const std::map<std::string, std::string>& user, const std::string& mode,
                           const ProfileOwner& usual);

struct ProfileOptions {
  std::string region;        // when the profile names none
  std::string sts_endpoint;  // empty: AWS's of the region
  std::function<bool()> cancelled;
  std::string sso_endpoint = {};  // empty: AWS's portal of the profile's sso_region
};

struct ProfileKeys {
  RoleCredentials keys;  // role_arn is empty; keys that last are said to last an hour
  std::string region;
};

// The keys of a profile, as its user: static ones, those that credential_process prints, those of
// an SSO login that is in the cache, and roles assumed with another profile's. Blocks. Errors name
// the profile and what to do, and hold no secret.
Result<ProfileKeys> profile_keys(const ProfileOwner& owner, const ProfileOptions& options);

// What credential_process prints, as keys; kInvalid. Pure.
Result<RoleCredentials> parse_process_output(const std::string& text, Time now);

}  // namespace drydock::metadata
