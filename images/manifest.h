#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

// The documents of an image (OCI image specification 1.1, Docker image manifest 2.2), parsed.
// Everything here is pure.
namespace drydock::images {

// As Docker: deeper stacks are refused when the image is stored, not when a task starts.
inline constexpr std::size_t kMaxLayers = 127;

struct Platform {
  std::string os;            // "linux"
  std::string architecture;  // Go's names: "amd64", "arm64"
  std::string variant;       // "v8", mostly empty

  std::string text() const;  // "linux/amd64", "linux/arm/v7"
  bool operator==(const Platform&) const = default;
};
// What this machine runs.
Platform host_platform();

struct Descriptor {
  std::string media_type;
  std::string digest;  // "sha256:..."
  std::uint64_t size = 0;
  std::optional<Platform> platform;
  std::map<std::string, std::string> annotations;
};

struct Manifest {
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;  // lowest first
};

struct Index {
  std::vector<Descriptor> manifests;
};

// What the image says about running it. Absent fields are empty.
struct ImageConfig {
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::vector<std::string> env;  // "NAME=value"
  std::string user;
  std::string working_dir;
  std::string stop_signal;
  std::vector<std::string> volumes;        // paths
  std::vector<std::string> exposed_ports;  // "8080/tcp"
  std::map<std::string, std::string> labels;
};

struct ConfigDocument {
  Platform platform;
  std::optional<Time> created;
  ImageConfig config;
  std::vector<std::string> diff_ids;  // lowest first
};

bool is_index_type(std::string_view media_type);
bool is_manifest_type(std::string_view media_type);

// Each refuses (kInvalid, with the member that is wrong) what does not have the shape, has digests
// other than sha256, or is larger than limits.h allows; kUnsupported for things that are well made
// but not runnable here.
Result<Manifest> parse_manifest(std::string_view text);
Result<Index> parse_index(std::string_view text);
Result<ConfigDocument> parse_config(std::string_view text);

// Whether an entry of an index describes a build (provenance, SBOM) instead of being an image.
bool is_attestation(const Descriptor& entry);
// Which entry of an index runs on `host`: exact variant first, then any of the architecture, then
// one that names no platform. None when there is nothing to run.
std::optional<std::size_t> choose_platform(const std::vector<Descriptor>& entries,
                                           const Platform& host);

// One JSON value of manifest.json inside a `docker save` archive.
struct DockerArchiveImage {
  std::string config;               // path in the archive
  std::vector<std::string> names;   // RepoTags as written
  std::vector<std::string> layers;  // paths in the archive, lowest first
};
Result<std::vector<DockerArchiveImage>> parse_docker_archive(std::string_view text);

// The text of an OCI manifest: how an image from a docker-archive, which has none, gets a digest.
// Same input, same bytes.
std::string manifest_text(const Descriptor& config, const std::vector<Descriptor>& layers);

inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kOciLayer = "application/vnd.oci.image.layer.v1.tar";

}  // namespace drydock::images
