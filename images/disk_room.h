#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"

namespace drydock::images {

// Bytes of `path`'s file system that may still be written.
Result<std::uint64_t> free_bytes(const std::string& path);

// kSystem with ENOSPC when `download` bytes of compressed layers, unpacked beside themselves, will
// hardly fit into `folder`'s file system with `reserve` bytes left.
Status check_room(const std::string& folder, std::uint64_t download, std::uint64_t reserve);

// "1.2 GB", "340 MB", "12 kB".
std::string human_bytes(std::uint64_t bytes);

}  // namespace drydock::images
