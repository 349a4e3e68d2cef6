#include "images/manifest.h"

#include <sys/utsname.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/limits.h"
#include "images/reference.h"

namespace drydock::images {
namespace {

constexpr std::uint64_t kMaxBlob = 1ull << 40;
constexpr std::size_t kMaxIndexEntries = 1000;
constexpr std::size_t kMaxListed = 10'000;

tl::unexpected<Error> wrong(const std::string& what, const std::string& want) {
  return fail(Errc::kInvalid, what + " must be " + want);
}

Result<Json> parse_object(std::string_view text, std::size_t limit) {
  if (text.size() > limit)
    return fail(Errc::kInvalid, "larger than " + std::to_string(limit) + " bytes");
  DRYDOCK_LET(Json value, parse_json(text));
  if (!value.is_object()) return fail(Errc::kInvalid, "not a JSON object");
  return value;
}

// A member that is absent, null, or a list of strings.
Result<std::vector<std::string>> strings(const Json& object, const char* key) {
  std::vector<std::string> all;
  const Json* list = json_find(object, key);
  if (!list) return all;
  if (!list->is_array() || list->size() > kMaxListed) return wrong(key, "a list of strings");
  for (const Json& item : *list) {
    if (!item.is_string()) return wrong(key, "a list of strings");
    all.push_back(item.get<std::string>());
  }
  return all;
}

// Docker writes sets as objects with empty values: {"8080/tcp": {}}.
Result<std::vector<std::string>> keys(const Json& object, const char* key) {
  std::vector<std::string> all;
  const Json* set = json_find(object, key);
  if (!set) return all;
  if (!set->is_object() || set->size() > kMaxListed) return wrong(key, "an object");
  for (const auto& [name, value] : set->items()) all.push_back(name);
  std::sort(all.begin(), all.end());
  return all;
}

Result<std::map<std::string, std::string>> string_map(const Json& object, const char* key) {
  std::map<std::string, std::string> all;
  const Json* map = json_find(object, key);
  if (!map) return all;
  if (!map->is_object() || map->size() > kMaxListed) return wrong(key, "an object of strings");
  for (const auto& [name, value] : map->items()) {
    if (!value.is_string()) return wrong(std::string(key) + "." + name, "a string");
    all.emplace(name, value.get<std::string>());
  }
  return all;
}

Result<std::string> optional_string(const Json& object, const char* key) {
  const Json* member = json_find(object, key);
  if (!member) return std::string();
  if (!member->is_string()) return wrong(key, "a string");
  return member->get<std::string>();
}

Result<Platform> parse_platform(const Json& object) {
  if (!object.is_object()) return wrong("platform", "an object");
  Platform p;
  DRYDOCK_LET(p.os, optional_string(object, "os"));
  DRYDOCK_LET(p.architecture, optional_string(object, "architecture"));
  DRYDOCK_LET(p.variant, optional_string(object, "variant"));
  return p;
}

Result<Descriptor> parse_descriptor(const Json& object, const std::string& what) {
  if (!object.is_object()) return wrong(what, "an object");
  Descriptor d;
  DRYDOCK_LET(d.media_type, optional_string(object, "mediaType"));
  DRYDOCK_LET(d.digest, optional_string(object, "digest"));
  if (!is_digest(d.digest)) return wrong(what + ".digest", "sha256: and 64 lower-case hex digits");
  const Json* size = json_find(object, "size");
  if (!size || !size->is_number_unsigned() || size->get<std::uint64_t>() > kMaxBlob)
    return wrong(what + ".size", "a number of bytes");
  d.size = size->get<std::uint64_t>();
  if (const Json* platform = json_find(object, "platform")) {
    auto parsed = parse_platform(*platform);
    if (!parsed) return tl::unexpected(std::move(parsed.error()).in(what));
    d.platform = std::move(*parsed);
  }
  auto annotations = string_map(object, "annotations");
  if (!annotations) return tl::unexpected(std::move(annotations.error()).in(what));
  d.annotations = std::move(*annotations);
  return d;
}

Status check_schema(const Json& document, const char* what) {
  if (json_int(document, "schemaVersion") == 2) return {};
  if (json_int(document, "schemaVersion") == 1)
    return fail(Errc::kUnsupported,
                std::string("the ") + what +
                    " has Docker's schema version 1; push the image again with a newer builder");
  return wrong("schemaVersion", "2");
}

bool is_image_config_type(std::string_view type) {
  return type.empty() || type == kOciConfig ||
         type == "application/vnd.docker.container.image.v1+json";
}

Result<ImageConfig> parse_run_config(const Json& object) {
  if (!object.is_object()) return wrong("config", "an object");
  ImageConfig c;
  DRYDOCK_LET(c.entrypoint, strings(object, "Entrypoint"));
  DRYDOCK_LET(c.cmd, strings(object, "Cmd"));
  DRYDOCK_LET(c.env, strings(object, "Env"));
  DRYDOCK_LET(c.user, optional_string(object, "User"));
  DRYDOCK_LET(c.working_dir, optional_string(object, "WorkingDir"));
  DRYDOCK_LET(c.stop_signal, optional_string(object, "StopSignal"));
  DRYDOCK_LET(c.volumes, keys(object, "Volumes"));
  DRYDOCK_LET(c.exposed_ports, keys(object, "ExposedPorts"));
  DRYDOCK_LET(c.labels, string_map(object, "Labels"));
  return c;
}

}  // namespace

std::string Platform::text() const {
  return os + "/" + architecture + (variant.empty() ? "" : "/" + variant);
}

Platform host_platform() {
  utsname name{};
  ::uname(&name);
  const std::string machine = name.machine;
  if (machine == "x86_64") return {"linux", "amd64", ""};
  if (machine == "aarch64") return {"linux", "arm64", "v8"};
  if (machine.starts_with("armv7")) return {"linux", "arm", "v7"};
  return {"linux", machine, ""};
}

bool is_index_type(std::string_view type) {
  return type == kOciIndex || type == "application/vnd.docker.distribution.manifest.list.v2+json";
}

bool is_manifest_type(std::string_view type) {
  return type == kOciManifest || type == "application/vnd.docker.distribution.manifest.v2+json";
}

Result<Manifest> parse_manifest(std::string_view text) {
  DRYDOCK_LET(const Json document, parse_object(text, limits::kImageManifest));
  DRYDOCK_TRY(check_schema(document, "manifest"));
  Manifest m;
  DRYDOCK_LET(m.media_type, optional_string(document, "mediaType"));
  if (m.media_type.empty()) m.media_type = kOciManifest;
  if (!is_manifest_type(m.media_type))
    return wrong("mediaType", "that of an image manifest, not " + m.media_type);
  const Json* config = json_find(document, "config");
  if (!config) return wrong("config", "an object");
  DRYDOCK_LET(m.config, parse_descriptor(*config, "config"));
  if (!is_image_config_type(m.config.media_type))
    return fail(Errc::kUnsupported,
                "not a container image: its configuration is of the type " + m.config.media_type);
  const Json* layers = json_find(document, "layers");
  if (!layers || !layers->is_array()) return wrong("layers", "a list");
  if (layers->empty()) return fail(Errc::kUnsupported, "the image has no layers");
  if (layers->size() > kMaxLayers)
    return fail(Errc::kUnsupported, "the image has " + std::to_string(layers->size()) +
                                        " layers, more than " + std::to_string(kMaxLayers));
  for (std::size_t i = 0; i < layers->size(); ++i) {
    DRYDOCK_LET(Descriptor layer,
                parse_descriptor((*layers)[i], "layers[" + std::to_string(i) + "]"));
    if (layer.media_type.ends_with("+encrypted"))
      return fail(Errc::kUnsupported, "the layer " + layer.digest + " is encrypted");
    m.layers.push_back(std::move(layer));
  }
  return m;
}

Result<Index> parse_index(std::string_view text) {
  DRYDOCK_LET(const Json document, parse_object(text, limits::kImageManifest));
  DRYDOCK_TRY(check_schema(document, "index"));
  const Json* manifests = json_find(document, "manifests");
  if (!manifests || !manifests->is_array() || manifests->size() > kMaxIndexEntries)
    return wrong("manifests", "a list of at most " + std::to_string(kMaxIndexEntries) + " entries");
  Index index;
  for (std::size_t i = 0; i < manifests->size(); ++i) {
    DRYDOCK_LET(Descriptor entry,
                parse_descriptor((*manifests)[i], "manifests[" + std::to_string(i) + "]"));
    index.manifests.push_back(std::move(entry));
  }
  return index;
}

Result<ConfigDocument> parse_config(std::string_view text) {
  DRYDOCK_LET(const Json document, parse_object(text, limits::kImageConfig));
  ConfigDocument c;
  DRYDOCK_LET(c.platform, parse_platform(document));
  if (c.platform.os.empty()) c.platform.os = "linux";
  if (c.platform.os != "linux")
    return fail(Errc::kUnsupported,
                "the image is for " + c.platform.text() + "; only linux images run here");
  DRYDOCK_LET(const std::string created, optional_string(document, "created"));
  if (auto time = parse_rfc3339(created)) c.created = *time;
  if (const Json* run = json_find(document, "config")) {
    auto parsed = parse_run_config(*run);
    if (!parsed) return tl::unexpected(std::move(parsed.error()).in("config"));
    c.config = std::move(*parsed);
  }
  const Json* rootfs = json_find(document, "rootfs");
  if (!rootfs) return wrong("rootfs", "an object");
  DRYDOCK_LET(c.diff_ids, strings(*rootfs, "diff_ids"));
  for (const std::string& id : c.diff_ids)
    if (!is_digest(id)) return wrong("rootfs.diff_ids", "a list of sha256 digests");
  return c;
}

bool is_attestation(const Descriptor& entry) {
  if (entry.annotations.contains("vnd.docker.reference.type")) return true;
  return entry.platform && entry.platform->os == "unknown";
}

std::optional<std::size_t> choose_platform(const std::vector<Descriptor>& entries,
                                           const Platform& host) {
  std::optional<std::size_t> best;
  int best_rank = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (is_attestation(entries[i])) continue;
    const auto& p = entries[i].platform;
    int rank = 0;
    if (!p || p->architecture.empty())
      rank = 1;
    else if (p->os == host.os && p->architecture == host.architecture)
      rank = p->variant == host.variant ? 3 : 2;
    if (rank > best_rank) {
      best = i;
      best_rank = rank;
    }
  }
  return best;
}

Result<std::vector<DockerArchiveImage>> parse_docker_archive(std::string_view text) {
  if (text.size() > limits::kImageManifest) return fail(Errc::kInvalid, "larger than 4 MiB");
  DRYDOCK_LET(const Json document, parse_json(text));
  if (!document.is_array()) return fail(Errc::kInvalid, "not a JSON list");
  std::vector<DockerArchiveImage> images;
  for (const Json& item : document) {
    if (!item.is_object()) return wrong("each item", "an object");
    DockerArchiveImage image;
    DRYDOCK_LET(image.config, optional_string(item, "Config"));
    DRYDOCK_LET(image.names, strings(item, "RepoTags"));
    DRYDOCK_LET(image.layers, strings(item, "Layers"));
    if (image.config.empty()) return wrong("Config", "the path of the configuration");
    if (image.layers.empty()) return fail(Errc::kUnsupported, "the image has no layers");
    if (image.layers.size() > kMaxLayers) return wrong("Layers", "a list of at most 127 paths");
    images.push_back(std::move(image));
  }
  return images;
}

std::string manifest_text(const Descriptor& config, const std::vector<Descriptor>& layers) {
  const auto json = [](const Descriptor& d) {
    return Json{{"mediaType", d.media_type}, {"digest", d.digest}, {"size", d.size}};
  };
  Json document{{"schemaVersion", 2},
                {"mediaType", kOciManifest},
                {"config", json(config)},
                {"layers", Json::array()}};
  for (const Descriptor& layer : layers) document["layers"].push_back(json(layer));
  return dump_json(document);
}

}  // namespace drydock::images
