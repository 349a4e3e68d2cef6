#pragma once
#include "base/json.h"

namespace drydock::cli {

// Where the files of the user at the keyboard are, for the daemon to find his registry logins and
// AWS profiles; it reads them as that user (docs/decisions): home, dockerConfig, awsProfile,
// awsConfig, awsCredentials, runtimeDir, path.
Json calling_user();

}  // namespace drydock::cli
