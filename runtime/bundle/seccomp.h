#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace drydock::runtime {

// `linux.seccomp` of an OCI document: the default profile as it applies to a process with these
// capabilities ("CAP_...") on this machine ("x86_64", "aarch64", as uname says). Pure; an unknown
// machine gets the rules without architectures, which an OCI runtime reads as "the native one".
Json seccomp_filter(const std::vector<std::string>& capabilities, std::string_view machine);

// The profile as shipped (seccomp_profile.json); its origin and licence are in
// seccomp_profile.NOTICE.md.
std::string_view seccomp_profile_text();

}  // namespace drydock::runtime
