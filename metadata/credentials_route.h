#pragma once
#include <functional>
#include <string>
#include <variant>

#include "base/http/message.h"
#include "metadata/role_credentials.h"

namespace drydock::metadata {

struct UnknownCredentials {};
struct PendingCredentials {};  // the id is the task's, but its keys could not be had yet
using CredentialsLookup = std::variant<UnknownCredentials, PendingCredentials, RoleCredentials>;

// The credentials with an id. Called on a door's worker; does not block.
using CredentialsOf = std::function<CredentialsLookup(const std::string& id)>;

// /v1/credentials?id= and /v2/credentials/<id> (metadata.md 11).
http::Response credentials_route(int version, const std::string& id, const CredentialsOf& find);

}  // namespace drydock::metadata
