#pragma once
#include <map>
#include <optional>
#include <string>

#include "images/credentials/credentials.h"

namespace drydock::images::credentials {

// The user `uid` as the user database knows them: group, home folder, /run/user/<uid> if it exists,
// and the system's usual PATH. A uid without an entry has no home: no credentials are found.
Owner owner_of(unsigned uid);

// The user "uid" of `told`, who says himself where his files are ("home", "dockerConfig",
// "runtimeDir", "path"; they are read as that user). Nothing when `told` names no uid.
std::optional<Owner> owner_from(const std::map<std::string, std::string>& told);

}  // namespace drydock::images::credentials
