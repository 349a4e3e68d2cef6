#include "images/save.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json.h"
#include "images/reference.h"

namespace drydock::images {
namespace {

struct Saved {
  ImagePtr image;
  std::vector<std::string> names;  // complete
};

struct Free {
  void operator()(archive* a) const { archive_write_free(a); }
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};

std::string blob_path(const std::string& digest) {
  return "blobs/sha256/" + digest.substr(digest.find(':') + 1);
}

// A tar whose bytes go to a sink.
class Tar {
 public:
  explicit Tar(const std::function<Status(std::string_view)>& sink) : sink_(sink) {}
  Status open();
  Status folder(const std::string& path);
  Status file(const std::string& path, std::string_view text);
  Status file(const std::string& path, int fd);
  Status end();

 private:
  static la_ssize_t give(archive* a, void* user, const void* data, std::size_t size);
  Status header(const std::string& path, mode_t type, std::uint64_t size);
  Status write(std::string_view bytes);
  Status check(int code);

  const std::function<Status(std::string_view)>& sink_;
  Status said_;  // the sink's own error
  std::unique_ptr<archive, Free> archive_;
};

la_ssize_t Tar::give(archive* a, void* user, const void* data, std::size_t size) {
  auto& tar = *static_cast<Tar*>(user);
  if (tar.said_) tar.said_ = tar.sink_({static_cast<const char*>(data), size});
  if (tar.said_) return static_cast<la_ssize_t>(size);
  archive_set_error(a, EIO, "the receiver refused");
  return -1;
}

Status Tar::check(int code) {
  if (!said_) return said_;
  if (code >= ARCHIVE_WARN) return {};
  const char* why = archive_error_string(archive_.get());
  return fail(Errc::kSystem, std::string("write the archive: ") + (why ? why : "unknown error"));
}

Status Tar::open() {
  archive_.reset(archive_write_new());
  if (!archive_) return fail(Errc::kSystem, "write the archive: out of memory");
  DRYDOCK_TRY(check(archive_write_set_format_pax_restricted(archive_.get())));
  DRYDOCK_TRY(check(archive_write_set_bytes_per_block(archive_.get(), 0)));
  return check(archive_write_open(archive_.get(), this, nullptr, give, nullptr));
}

Status Tar::header(const std::string& path, mode_t type, std::uint64_t size) {
  const std::unique_ptr<archive_entry, Free> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_filetype(entry.get(), type);
  archive_entry_set_perm(entry.get(), type == AE_IFDIR ? 0755 : 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_mtime(entry.get(), 0, 0);
  return check(archive_write_header(archive_.get(), entry.get()));
}

Status Tar::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = archive_write_data(archive_.get(), bytes.data(), bytes.size());
    if (n <= 0) return check(ARCHIVE_FATAL);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Status Tar::folder(const std::string& path) { return header(path, AE_IFDIR, 0); }

Status Tar::file(const std::string& path, std::string_view text) {
  DRYDOCK_TRY(header(path, AE_IFREG, text.size()));
  return write(text);
}

Status Tar::file(const std::string& path, int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail_errno("read " + path);
  DRYDOCK_TRY(header(path, AE_IFREG, static_cast<std::uint64_t>(info.st_size)));
  std::vector<char> buffer(256u << 10);
  for (auto left = static_cast<std::uint64_t>(info.st_size); left > 0;) {
    const ssize_t n = ::read(fd, buffer.data(), std::min<std::uint64_t>(left, buffer.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read " + path);
    if (n == 0) return fail(Errc::kSystem, "read " + path + ": it became shorter");
    DRYDOCK_TRY(write({buffer.data(), static_cast<std::size_t>(n)}));
    left -= static_cast<std::uint64_t>(n);
  }
  return {};
}

Status Tar::end() { return check(archive_write_close(archive_.get())); }

// The images that are meant, each once, with the names they were asked by.
Result<std::vector<Saved>> chosen(Store& store, const std::vector<std::string>& references) {
  DRYDOCK_LET(const auto rows, store.list());
  std::vector<Saved> saved;
  for (const auto& text : references) {
    DRYDOCK_LET(ImagePtr image, store.find(text));
    auto at = std::find_if(saved.begin(), saved.end(), [&](const Saved& s) {
      return s.image->manifest_digest == image->manifest_digest;
    });
    if (at == saved.end()) at = saved.insert(at, Saved{image, {}});
    const auto reference = parse_reference(text);
    if (!reference || reference->tag.empty()) continue;
    const std::string name = reference->name() + ":" + reference->tag;
    const bool known = std::any_of(rows.begin(), rows.end(), [&](const ImageRow& row) {
      return row.image->manifest_digest == image->manifest_digest &&
             std::find(row.names.begin(), row.names.end(), name) != row.names.end();
    });
    if (known && std::find(at->names.begin(), at->names.end(), name) == at->names.end())
      at->names.push_back(name);
  }
  return saved;
}

Json index_json(const std::vector<Saved>& saved, const std::vector<std::uint64_t>& sizes) {
  Json manifests = Json::array();
  for (std::size_t i = 0; i < saved.size(); ++i) {
    const Image& image = *saved[i].image;
    Json entry = {
        {"mediaType", image.media_type},
        {"digest", image.manifest_digest},
        {"size", sizes[i]},
        {"platform", {{"architecture", image.platform.architecture}, {"os", image.platform.os}}}};
    if (!image.platform.variant.empty()) entry["platform"]["variant"] = image.platform.variant;
    if (saved[i].names.empty()) manifests.push_back(entry);
    for (const auto& name : saved[i].names) {
      entry["annotations"] = {{"io.containerd.image.name", name},
                              {"org.opencontainers.image.ref.name", name}};
      manifests.push_back(entry);
    }
  }
  return {{"schemaVersion", 2}, {"mediaType", kOciIndex}, {"manifests", std::move(manifests)}};
}

// What `docker load` reads where it knows no OCI layouts.
Json docker_json(const std::vector<Saved>& saved) {
  Json out = Json::array();
  for (const auto& [image, names] : saved) {
    Json layers = Json::array();
    for (const auto& layer : image->layers) layers.push_back(blob_path(layer.digest));
    Json tags = Json::array();
    for (const auto& name : names) {
      const auto reference = parse_reference(name);
      tags.push_back(reference ? reference->familiar() : name);
    }
    out.push_back({{"Config", blob_path(image->image_id)},
                   {"RepoTags", std::move(tags)},
                   {"Layers", std::move(layers)}});
  }
  return out;
}

Status write_blob(Tar& tar, Store& store, const std::string& digest, std::set<std::string>& done) {
  if (!done.insert(digest).second) return {};
  DRYDOCK_LET(const UniqueFd blob, store.open_blob(digest));
  return tar.file(blob_path(digest), blob.get());
}

}  // namespace

Status save_oci_archive(Store& store, const std::vector<std::string>& references,
                        const std::function<Status(std::string_view)>& sink) {
  DRYDOCK_LET(const auto saved, chosen(store, references));
  std::vector<std::uint64_t> sizes;
  for (const auto& one : saved) {
    DRYDOCK_LET(const UniqueFd blob, store.open_blob(one.image->manifest_digest));
    struct stat info {};
    if (::fstat(blob.get(), &info) != 0) return fail_errno("read " + one.image->manifest_digest);
    sizes.push_back(static_cast<std::uint64_t>(info.st_size));
  }
  Tar tar(sink);
  DRYDOCK_TRY(tar.open());
  DRYDOCK_TRY(tar.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})"));
  DRYDOCK_TRY(tar.file("index.json", dump_json(index_json(saved, sizes))));
  DRYDOCK_TRY(tar.file("manifest.json", dump_json(docker_json(saved))));
  DRYDOCK_TRY(tar.folder("blobs/"));
  DRYDOCK_TRY(tar.folder("blobs/sha256/"));
  std::set<std::string> done;
  for (const auto& [image, names] : saved) {
    DRYDOCK_TRY(write_blob(tar, store, image->manifest_digest, done));
    DRYDOCK_TRY(write_blob(tar, store, image->image_id, done));
    for (const auto& layer : image->layers) DRYDOCK_TRY(write_blob(tar, store, layer.digest, done));
  }
  return tar.end();
}

}  // namespace drydock::images
