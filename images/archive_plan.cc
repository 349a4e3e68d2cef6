#include "images/archive_plan.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/files.h"
#include "base/ids.h"
#include "base/limits.h"
#include "images/entry_plan.h"
#include "images/reference.h"
#include "images/sha256.h"

namespace drydock::images {
namespace {

constexpr int kMaxLinks = 8;
constexpr int kMaxIndexDepth = 4;
constexpr std::string_view kContainerdName = "io.containerd.image.name";
constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";

std::string blob_name(const std::string& digest) { return "blobs/sha256/" + digest.substr(7); }

Result<std::string> blob_text(const ArchiveView& archive, const std::string& digest,
                              std::size_t limit) {
  DRYDOCK_LET(std::string text, archive.text(blob_name(digest), limit));
  if ("sha256:" + sha256_hex(text) != digest)
    return fail(Errc::kInvalid,
                "the blob " + digest + " is damaged: its content is sha256:" + sha256_hex(text));
  return text;
}

// An image manifest found in an index, with what the way to it says.
struct Found {
  std::string digest;
  std::vector<std::string> names;
  std::string index;
};

bool looks_like_a_version(std::string_view word) {
  if (word == "latest") return true;
  if (word.starts_with('v')) word.remove_prefix(1);
  return !word.empty() && word.front() >= '0' && word.front() <= '9';
}

std::string platforms_of(const std::vector<Descriptor>& entries) {
  std::string text;
  for (const Descriptor& e : entries)
    if (e.platform && !is_attestation(e)) text += (text.empty() ? "" : ", ") + e.platform->text();
  return text.empty() ? "nothing that runs" : text;
}

// Follows indexes down to the one manifest for `host`.
Result<std::string> manifest_for(const ArchiveView& archive, const Descriptor& entry,
                                 const Platform& host, int depth) {
  if (!is_index_type(entry.media_type)) return entry.digest;
  if (depth == 0)
    return fail(Errc::kInvalid,
                "indexes within indexes, more than " + std::to_string(kMaxIndexDepth));
  DRYDOCK_LET(const std::string text, blob_text(archive, entry.digest, limits::kImageManifest));
  DRYDOCK_LET(const Index index, parse_index(text));
  const auto chosen = choose_platform(index.manifests, host);
  if (!chosen)
    return fail(Errc::kUnsupported, "the archive holds no image for " + host.text() + ", only " +
                                        platforms_of(index.manifests));
  return manifest_for(archive, index.manifests[*chosen], host, depth - 1);
}

// Entries of index.json with the same names are one image for several platforms.
Result<std::vector<Found>> find_manifests(const ArchiveView& archive, const Index& top,
                                          const Platform& host) {
  std::vector<std::pair<std::vector<std::string>, std::vector<Descriptor>>> groups;
  for (const Descriptor& entry : top.manifests) {
    if (is_attestation(entry)) continue;
    auto names = names_of(entry);
    auto same =
        std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == names; });
    const bool alone = !entry.platform || same == groups.end();
    if (alone)
      groups.emplace_back(std::move(names), std::vector<Descriptor>{entry});
    else
      same->second.push_back(entry);
  }
  std::vector<Found> found;
  for (auto& [names, entries] : groups) {
    // A single image of another platform is what the user asked for; emulation may run it.
    auto chosen = choose_platform(entries, host);
    if (!chosen && entries.size() > 1)
      return fail(Errc::kUnsupported, "the archive holds no image for " + host.text() + ", only " +
                                          platforms_of(entries));
    const Descriptor& entry = entries[chosen.value_or(0)];
    DRYDOCK_LET(std::string digest, manifest_for(archive, entry, host, kMaxIndexDepth));
    found.push_back({digest, names, digest == entry.digest ? "" : entry.digest});
  }
  return found;
}

Result<NewImage> plan_image(const ArchiveView& archive, Found found) {
  DRYDOCK_LET(const std::string text, blob_text(archive, found.digest, limits::kImageManifest));
  DRYDOCK_LET(Manifest manifest, parse_manifest(text));
  DRYDOCK_LET(const std::string config_text,
              blob_text(archive, manifest.config.digest, limits::kImageConfig));
  auto config = parse_config(config_text);
  if (!config) return tl::unexpected(std::move(config.error()).in("the image's configuration"));
  if (config->diff_ids.size() != manifest.layers.size())
    return fail(Errc::kInvalid, "the manifest has " + std::to_string(manifest.layers.size()) +
                                    " layers, the configuration " +
                                    std::to_string(config->diff_ids.size()));
  NewImage image;
  image.names = std::move(found.names);
  image.manifest_digest = found.digest;
  image.media_type = manifest.media_type;
  image.index_digest = std::move(found.index);
  image.config_digest = manifest.config.digest;
  image.diff_ids = std::move(config->diff_ids);
  DRYDOCK_LET(image.blobs[found.digest], archive.path(blob_name(found.digest)));
  DRYDOCK_LET(image.blobs[image.config_digest], archive.path(blob_name(image.config_digest)));
  for (const Descriptor& layer : manifest.layers) {
    DRYDOCK_LET(image.blobs[layer.digest], archive.path(blob_name(layer.digest)));
  }
  image.layers = std::move(manifest.layers);
  return image;
}

// `docker save` since version 25 writes both kinds of documents; its RepoTags name what index.json
// leaves unnamed.
void add_docker_names(const ArchiveView& archive, std::vector<NewImage>& images) {
  auto text = archive.text("manifest.json", limits::kImageManifest);
  if (!text) return;
  auto docker = parse_docker_archive(*text);
  if (!docker) return;
  for (const DockerArchiveImage& d : *docker)
    for (NewImage& image : images) {
      if (!image.names.empty() || d.config != blob_name(image.config_digest)) continue;
      for (const std::string& name : d.names)
        if (auto reference = parse_reference(name)) image.names.push_back(reference->text());
    }
}

// What a layer file of a docker-archive is, as a descriptor: they may be compressed, too.
Result<Descriptor> describe_layer(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat st {};
  if (!fd || ::fstat(fd.get(), &st) != 0) return fail_errno("read layer");
  char magic[4] = {};
  const ssize_t n = ::pread(fd.get(), magic, sizeof magic, 0);
  const std::string_view head(magic, n > 0 ? static_cast<std::size_t>(n) : 0);
  Descriptor d;
  d.media_type = kOciLayer;
  if (head.starts_with("\x1f\x8b")) d.media_type += "+gzip";
  if (head.starts_with("\x28\xb5\x2f\xfd")) d.media_type += "+zstd";
  d.size = static_cast<std::uint64_t>(st.st_size);
  DRYDOCK_LET(d.digest, digest_of_file(fd.get()));
  return d;
}

Result<NewImage> plan_docker_image(const ArchiveView& archive, Ingest& ingest,
                                   const DockerArchiveImage& saved) {
  NewImage image;
  for (const std::string& name : saved.names) {
    DRYDOCK_LET(const Reference reference, parse_reference(name));
    if (reference.digest.empty()) image.names.push_back(reference.text());
  }
  DRYDOCK_LET(const std::string config_name, clean_path(saved.config));
  DRYDOCK_LET(const std::string config_text, archive.text(config_name, limits::kImageConfig));
  auto config = parse_config(config_text);
  if (!config) return tl::unexpected(std::move(config.error()).in("the image's configuration"));
  if (config->diff_ids.size() != saved.layers.size())
    return fail(Errc::kInvalid, "manifest.json has " + std::to_string(saved.layers.size()) +
                                    " layers, the configuration " +
                                    std::to_string(config->diff_ids.size()));
  image.config_digest = "sha256:" + sha256_hex(config_text);
  DRYDOCK_LET(image.blobs[image.config_digest], archive.path(config_name));
  image.layers.resize(saved.layers.size());
  std::vector<std::string> paths;
  for (const std::string& layer : saved.layers) {
    DRYDOCK_LET(const std::string name, clean_path(layer));
    DRYDOCK_LET(paths.emplace_back(), archive.path(name));
  }
  DRYDOCK_TRY(in_parallel(paths.size(), [&](std::size_t i) -> Status {
    DRYDOCK_LET(image.layers[i], describe_layer(paths[i]));
    return {};
  }));
  for (std::size_t i = 0; i < paths.size(); ++i) image.blobs[image.layers[i].digest] = paths[i];
  image.diff_ids = std::move(config->diff_ids);
  Descriptor description;
  description.media_type = kOciConfig;
  description.digest = image.config_digest;
  description.size = config_text.size();
  const std::string manifest = manifest_text(description, image.layers);
  image.manifest_digest = "sha256:" + sha256_hex(manifest);
  image.media_type = kOciManifest;
  DRYDOCK_LET(image.blobs[image.manifest_digest],
              ingest.write_document("manifest-" + image.manifest_digest.substr(7), manifest));
  return image;
}

}  // namespace

ArchiveView::ArchiveView(std::string folder, std::vector<StagedFile> files)
    : folder_(std::move(folder)) {
  for (StagedFile& f : files) {
    names_.push_back(f.name);
    std::string name = f.name;
    files_.insert_or_assign(std::move(name),
                            std::move(f));  // as tar does: the last one of a name counts
  }
}

Result<std::string> ArchiveView::path(const std::string& name) const {
  std::string at = name;
  for (int hops = 0; hops < kMaxLinks; ++hops) {
    const auto it = files_.find(at);
    if (it == files_.end()) break;
    if (!it->second.file.empty()) return folder_ + "/" + it->second.file;
    at = it->second.link;
  }
  return fail(Errc::kInvalid, "the archive lacks the file " + name);
}

Result<std::string> ArchiveView::text(const std::string& name, std::size_t limit) const {
  DRYDOCK_LET(const std::string file, path(name));
  auto text = read_file(file, limit);
  if (text) return text;
  if (text.error().code == Errc::kInvalid)
    return fail(Errc::kInvalid, name + " is larger than " + std::to_string(limit) + " bytes");
  return tl::unexpected(std::move(text.error()));
}

std::vector<std::string> names_of(const Descriptor& entry) {
  std::vector<std::string> names;
  for (std::string_view key : {kContainerdName, kRefName}) {
    const auto it = entry.annotations.find(std::string(key));
    if (it == entry.annotations.end()) continue;
    const std::string& value = it->second;
    const bool bare = value.find_first_of("/:") == std::string::npos;
    if (key == kRefName && bare && (!names.empty() || looks_like_a_version(value))) continue;
    auto reference = parse_reference(value);
    if (!reference || !reference->digest.empty()) continue;
    if (std::string text = reference->text();
        std::find(names.begin(), names.end(), text) == names.end())
      names.push_back(std::move(text));
  }
  return names;
}

Result<std::vector<NewImage>> plan_oci(const ArchiveView& archive, const Platform& host) {
  DRYDOCK_LET(const std::string text, archive.text("index.json", limits::kImageManifest));
  auto index = parse_index(text);
  if (!index) return tl::unexpected(std::move(index.error()).in("index.json"));
  DRYDOCK_LET(std::vector<Found> found, find_manifests(archive, *index, host));
  std::vector<NewImage> images;
  for (Found& f : found) {
    auto same = std::find_if(images.begin(), images.end(),
                             [&](const NewImage& i) { return i.manifest_digest == f.digest; });
    if (same != images.end()) {  // one image under several names has an entry for each
      same->names.insert(same->names.end(), f.names.begin(), f.names.end());
      continue;
    }
    DRYDOCK_LET(NewImage image, plan_image(archive, std::move(f)));
    images.push_back(std::move(image));
  }
  add_docker_names(archive, images);
  if (images.empty()) return fail(Errc::kInvalid, "index.json lists no image");
  return images;
}

Result<std::vector<NewImage>> plan_docker_archive(const ArchiveView& archive, Ingest& ingest) {
  DRYDOCK_LET(const std::string text, archive.text("manifest.json", limits::kImageManifest));
  auto saved = parse_docker_archive(text);
  if (!saved) return tl::unexpected(std::move(saved.error()).in("manifest.json"));
  std::vector<NewImage> images;
  for (const DockerArchiveImage& s : *saved) {
    DRYDOCK_LET(NewImage image, plan_docker_image(archive, ingest, s));
    images.push_back(std::move(image));
  }
  if (images.empty()) return fail(Errc::kInvalid, "manifest.json lists no image");
  return images;
}

}  // namespace drydock::images
