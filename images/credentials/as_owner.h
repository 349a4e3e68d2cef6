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

struct OwnerOutput {
  int status = 0;    // the exit status; -1 when a signal ended it
  std::string text;  // standard output; may hold secrets
};
// Runs a program of the owner's (an absolute path, or a name in his PATH) with his HOME, `input` at
// its standard input (a line or two). kNotFound: no such program; kTimeout: it was killed.
Result<OwnerOutput> run_as_owner(const Owner& owner, const std::string& program,
                                 const std::vector<std::string>& args, const std::string& input,
                                 std::chrono::milliseconds patience);

// `docker-credential-<name> get` for `server`. None when it has no credentials for it.
Result<std::optional<registry::Credentials>> ask_helper(
    const Owner& owner, const std::string& name, const std::string& server,
    std::chrono::milliseconds patience = std::chrono::seconds(10));

}  // namespace drydock::images::credentials
