#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace drydock {

// `bytes` random bytes of the kernel (getrandom), as lower-case hex.
std::string random_hex(std::size_t bytes);
// A random (version 4) UUID, 36 characters.
std::string random_uuid();
// A task id: 32 hex characters (api.md 1.5).
std::string new_task_id();
// A Fargate container runtime id: "<32 hex task id>-<10 decimal digits>" (metadata.md 5,
// clients.md).
std::string new_runtime_id(std::string_view task_id);

// SHA-256 of `data` as lower-case hex.
std::string sha256_hex(std::string_view data);

// Amazon resource names, long format (api.md 1.5).
std::string ecs_arn(std::string_view region, std::string_view account, std::string_view resource);

}  // namespace drydock
