#include "images/archive.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "base/files.h"
#include "base/limits.h"
#include "images/archive_plan.h"
#include "images/ingest.h"

namespace drydock::images {
namespace {

constexpr std::size_t kPiece = 256u << 10;

tl::unexpected<Error> not_an_archive(Error error) {
  // What the machine did wrong is no fault of the archive.
  if (error.code == Errc::kSystem || error.code == Errc::kNotFound)
    return tl::unexpected(std::move(error).in("load image archive"));
  return tl::unexpected(std::move(error).in("not an image archive"));
}

// Feeds the upload to the helper through a socket (unlike a pipe it can be written without the
// danger of SIGPIPE). Stops early, without an error of its own, when the helper has seen enough.
Status pump(const ByteSource& source, int to) {
  std::vector<char> buffer(kPiece);
  for (;;) {
    DRYDOCK_LET(const std::size_t size, source(buffer.data(), buffer.size()));
    if (size == 0) return {};
    std::string_view left(buffer.data(), std::min(size, buffer.size()));
    while (!left.empty()) {
      const ssize_t n = ::send(to, left.data(), left.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return {};
      left.remove_prefix(static_cast<std::size_t>(n));
    }
  }
}

Result<std::vector<StagedFile>> stage(const StoreOptions& options, const ByteSource& source,
                                      const std::string& folder) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno("socketpair");
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  Result<std::vector<StagedFile>> staged = std::vector<StagedFile>();
  std::thread helper([&] {
    staged = stage_archive(options.helper, theirs.get(), folder, options.limits);
    // Ours is the other copy of the helper's end: while it is open, the pump would wait for a
    // reader.
    ::shutdown(theirs.get(), SHUT_RDWR);
  });
  const Status sent = pump(source, ours.get());
  ours.reset();
  helper.join();
  if (!sent) return tl::unexpected(sent.error());
  return staged;
}

Result<std::vector<LoadedImage>> load_staged(Ingest& ingest, std::vector<StagedFile> files) {
  const ArchiveView archive(ingest.files_dir(), std::move(files));
  auto kind = archive_kind(archive.names());
  if (!kind) return not_an_archive(std::move(kind.error()));
  auto images = *kind == ArchiveKind::kOci ? plan_oci(archive, host_platform())
                                           : plan_docker_archive(archive, ingest);
  if (!images) {
    if (images.error().code == Errc::kUnsupported)
      return tl::unexpected(std::move(images.error()).in("load image archive"));
    return not_an_archive(std::move(images.error()));
  }
  auto loaded = ingest.commit(*images);
  if (!loaded) return tl::unexpected(std::move(loaded.error()).in("load image archive"));
  return loaded;
}

Status copy_file(int from, const std::string& to) {
  UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return fail_errno("write " + to);
  std::vector<char> buffer(kPiece);
  for (;;) {
    const ssize_t n = ::read(from, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read");
    if (n == 0) return {};
    DRYDOCK_TRY(write_all(out.get(), {buffer.data(), static_cast<std::size_t>(n)}));
  }
}

}  // namespace

Result<ArchiveKind> archive_kind(const std::vector<std::string>& names) {
  const auto has = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (has("index.json") && has("oci-layout")) return ArchiveKind::kOci;
  if (has("manifest.json")) return ArchiveKind::kDockerArchive;
  if (has("repositories"))
    return fail(Errc::kUnsupported,
                "it was saved by a Docker older than 1.10; save it again with a newer one");
  for (const std::string& name : names)
    for (std::string_view sign : {"/oci-layout", "/manifest.json"})
      if (name.ends_with(sign))
        return fail(Errc::kInvalid, "the image lies in its folder '" +
                                        name.substr(0, name.size() - sign.size()) +
                                        "'; make the archive from inside that folder");
  return fail(Errc::kInvalid,
              "it has neither manifest.json (docker save) nor index.json with oci-layout (OCI)");
}

Result<std::vector<LoadedImage>> load_archive(Store& store, const ByteSource& source) {
  DRYDOCK_LET(Ingest ingest, Ingest::begin(store));
  auto files = stage(store.options(), source, ingest.files_dir());
  if (!files) return not_an_archive(std::move(files.error()));
  return load_staged(ingest, std::move(*files));
}

Result<std::vector<LoadedImage>> load_archive_file(Store& store, const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return fail_errno("load " + path);
  if (S_ISDIR(st.st_mode)) return load_layout(store, path);
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("load " + path);
  return load_archive(store, [&](char* buffer, std::size_t size) -> Result<std::size_t> {
    for (;;) {
      const ssize_t n = ::read(fd.get(), buffer, size);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) return fail_errno("read " + path);
    }
  });
}

Result<std::vector<LoadedImage>> load_layout(Store& store, const std::string& folder) {
  UniqueFd root(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return fail_errno("load " + folder);
  DRYDOCK_LET(Ingest ingest, Ingest::begin(store));
  std::vector<std::string> names = {"oci-layout", "index.json", "manifest.json"};
  for (const std::string& hex : list_dir(folder + "/blobs/sha256"))
    names.push_back("blobs/sha256/" + hex);
  std::vector<StagedFile> files;
  std::uint64_t total = 0;
  for (const std::string& name : names) {
    auto fd = open_in_root(root.get(), name, O_RDONLY | O_NONBLOCK);
    if (!fd && fd.error().code == Errc::kNotFound) continue;
    if (!fd) return tl::unexpected(std::move(fd.error()).in("load " + folder));
    struct stat st {};
    if (::fstat(fd->get(), &st) != 0 || !S_ISREG(st.st_mode)) continue;
    total += static_cast<std::uint64_t>(st.st_size);
    if (total > store.options().limits.archive_bytes)
      return fail(Errc::kInvalid, "load " + folder + ": larger than an image may be");
    const std::string file = std::to_string(files.size());
    DRYDOCK_TRY(copy_file(fd->get(), ingest.files_dir() + "/" + file));
    files.push_back({name, file, "", static_cast<std::uint64_t>(st.st_size)});
  }
  return load_staged(ingest, std::move(files));
}

}  // namespace drydock::images
