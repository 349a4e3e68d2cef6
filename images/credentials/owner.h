#pragma once
#include "images/credentials/credentials.h"

namespace drydock::images::credentials {

// The user `uid` as the user database knows them: group, home folder, /run/user/<uid> if it exists,
// and the system's usual PATH. A uid without an entry has no home: no credentials are found.
Owner owner_of(unsigned uid);

}  // namespace drydock::images::credentials
