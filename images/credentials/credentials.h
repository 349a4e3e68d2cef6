#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "images/registry/client.h"

namespace drydock::images::credentials {

// The user whose credentials they are (decision 12): files are read, and docker-credential-*
// programs are run, as that user and with that HOME, never as root in a user's name.
struct Owner {
  unsigned uid = 0;
  unsigned gid = 0;
  std::string home;           // $HOME
  std::string docker_config;  // $DOCKER_CONFIG, or empty
  std::string runtime_dir;    // $XDG_RUNTIME_DIR, or empty
  std::string path;           // $PATH: where docker-credential-* programs are looked for
};

// The credentials `owner` has for a registry ("docker.io", "localhost:5000", "1234.dkr.ecr..."):
// ~/.docker/config.json (auths, credHelpers, credsStore), then containers/auth.json. Where such a
// file has several for one registry, the ones for `repository`. Last, for Amazon ECR, a login made
// from the owner's AWS keys. Empty ones when there are none (anonymous). An error names the file or
// program that is broken.
Result<registry::Credentials> for_registry(const Owner& owner, std::string_view registry,
                                           std::string_view repository = {});

}  // namespace drydock::images::credentials
