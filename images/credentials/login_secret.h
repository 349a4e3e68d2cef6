#pragma once
#include <string_view>

#include "base/result.h"
#include "images/registry/client.h"

namespace drydock::images::credentials {

// The login in the secret that repositoryCredentials.credentialsParameter of a container names:
//   {"username": "...", "password": "..."}
// kInvalid, never with a piece of the text. Pure.
Result<registry::Credentials> login_of_secret(std::string_view text);

}  // namespace drydock::images::credentials
