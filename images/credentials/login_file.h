#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "images/registry/client.h"

namespace drydock::images::credentials {

// The login behind the secret that repositoryCredentials.credentialsParameter of a container names
// (an ARN of Secrets Manager, or a name), from a file of the operator's that stands in for it:
//   {"<ARN or name of the secret>": {"username": "...", "password": "..."}, ...}
// kNotFound names the secret when the file lacks it; kInvalid says what is wrong with the file.
Result<registry::Credentials> login_from_file(const std::string& file, std::string_view secret);

// The name in the ARN of a secret, without the six random characters at its end; other texts as
// they are. Pure.
std::string secret_name(std::string_view secret);

}  // namespace drydock::images::credentials
