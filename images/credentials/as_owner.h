#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "images/credentials/credentials.h"

// What is done with the rights of the user it is done for, and no more.
namespace drydock::images::credentials {

// The text of a file as the owner may read it: a symbolic link to somebody else's secret gives
// nothing. None when it is absent. Errors name the file.
Result<std::optional<std::string>> read_as_owner(const Owner& owner, const std::string& path);

// `docker-credential-<name> get` for `server`. None when it has no credentials for it.
Result<std::optional<registry::Credentials>> ask_helper(
    const Owner& owner, const std::string& name, const std::string& server,
    std::chrono::milliseconds patience = std::chrono::seconds(10));

}  // namespace drydock::images::credentials
