#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace drydock::runtime {

// The capability set of a container, "CAP_..." in the kernel's order: Docker's fourteen (or all of
// them when `privileged`), without `drop`, with `add` (names without CAP_, upper case, "ALL"
// allowed). `permitted` is the mask of what this host can give (CapBnd); what was asked for beyond
// it is left out and named in `refused`.
std::vector<std::string> container_capabilities(const std::vector<std::string>& add,
                                                const std::vector<std::string>& drop,
                                                bool privileged, std::uint64_t permitted,
                                                std::vector<std::string>& refused);

}  // namespace drydock::runtime
