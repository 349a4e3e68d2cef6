#pragma once
#include <cstddef>

// Every bound on outside input, in one place. Sizes in bytes unless the name says otherwise.
namespace drydock::limits {

inline constexpr int kJsonDepth = 64;
inline constexpr std::size_t kApiBody = 4u << 20;          // one API request
inline constexpr std::size_t kMetadataBody = 64u << 10;    // decision 10
inline constexpr std::size_t kHttpHead = 32u << 10;        // request line and headers
inline constexpr std::size_t kTaskDefinition = 64u << 10;  // ECS quota on a registered definition
inline constexpr std::size_t kTaskDefinitionFile = 1u << 20;
inline constexpr std::size_t kImageManifest = 4u << 20;
inline constexpr std::size_t kImageConfig = 8u << 20;
inline constexpr std::size_t kLogLine =
    16u << 10;  // longer lines are split into partial records, as Docker does
inline constexpr std::size_t kHealthOutput = 1024;  // metadata.md 7.4
inline constexpr std::size_t kReason = 255;  // container reason, firelens-and-lifecycle.md B7.3
inline constexpr std::size_t kStoppedReason = 1024;

}  // namespace drydock::limits
