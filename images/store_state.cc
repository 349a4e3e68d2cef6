#include "images/store_state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/limits.h"
#include "images/reference.h"

namespace drydock::images {

// Builds a Staging; a struct so that Staging itself has no public way to be made.
struct StagingMaker {
  static Result<Staging> make(const Store::State& s) {
    Staging staging;
    const std::string path = s.staging_dir + "/" + random_hex(8);
    if (::mkdir(path.c_str(), 0700) != 0) return fail_errno("make folder " + path);
    staging.path_ = path;
    staging.lock_.reset(::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!staging.lock_ || ::flock(staging.lock_.get(), LOCK_EX | LOCK_NB) != 0)
      return fail_errno("lock " + path);
    return staging;
  }
};

Staging::Staging(Staging&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

Staging& Staging::operator=(Staging&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

Staging::~Staging() {
  // A failure leaves a folder without an owner, which the next start sweeps.
  if (!path_.empty()) (void)remove_tree(path_);
}

Result<StoreLock> StoreLock::take_unread(Store::State& state) {
  std::unique_lock guard(state.mutex);
  while (::flock(state.lock_file.get(), LOCK_EX) != 0)
    if (errno != EINTR) return fail_errno("lock " + state.dir);
  return StoreLock(std::move(guard), state.lock_file.get());
}

Result<StoreLock> StoreLock::take(Store::State& state) {
  DRYDOCK_LET(StoreLock lock, take_unread(state));
  DRYDOCK_TRY(state.refresh());
  return lock;
}

StoreLock::~StoreLock() {
  if (guard_.owns_lock()) ::flock(fd_, LOCK_UN);
}

std::string Store::State::blob_path(std::string_view digest) const {
  return blobs_dir + "/" + std::string(digest.substr(7));
}

Result<std::string> Store::State::read_blob(const std::string& digest, std::size_t limit) const {
  DRYDOCK_LET(std::string text, read_file(blob_path(digest), limit));
  if ("sha256:" + sha256_hex(text) != digest)
    return fail(Errc::kSystem, "the blob " + blob_path(digest) +
                                   " is damaged; remove the image and load it again");
  return text;
}

std::multimap<std::string, std::string> Store::State::holds() const {
  std::multimap<std::string, std::string> all;
  for (const std::string& id : list_dir(holds_dir)) {
    auto digest = read_file(holds_dir + "/" + id, 200);
    if (digest && is_digest(*digest)) all.emplace(*digest, id);
  }
  return all;
}

Result<Staging> Store::State::make_staging() { return StagingMaker::make(*this); }

bool Store::State::sweep_staging() {
  bool any = false;
  for (const std::string& name : list_dir(staging_dir)) {
    const std::string path = staging_dir + "/" + name;
    UniqueFd lock(::open((path + "/lock").c_str(), O_RDWR | O_CLOEXEC));
    if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;  // its owner lives
    (void)remove_tree(path);  // what cannot go now goes at the next start
    any = true;
  }
  return any;
}

Result<LayerInfo> read_layer_info(const std::string& layers_dir, const std::string& folder) {
  DRYDOCK_LET(const std::string text, read_file(layers_dir + "/" + folder + ".json", 4096));
  DRYDOCK_LET(const Json document, parse_json(text));
  return LayerInfo{json_string(document, "diffId"),
                   static_cast<std::uint64_t>(json_int(document, "bytes")),
                   static_cast<std::uint64_t>(json_int(document, "entries"))};
}

std::string layer_info_text(const LayerInfo& info) {
  return dump_json(
             Json{{"diffId", info.diff_id}, {"bytes", info.bytes}, {"entries", info.entries}}) +
         "\n";
}

std::vector<std::string> layer_folders(const std::vector<std::string>& diff_ids) {
  std::vector<std::string> kept;  // diff ids, top first
  for (auto it = diff_ids.rbegin(); it != diff_ids.rend(); ++it)
    if (std::find(kept.begin(), kept.end(), *it) == kept.end()) kept.push_back(*it);
  std::vector<std::string> folders;
  for (std::size_t i = 0; i < kept.size(); ++i)
    folders.push_back(layer_folder(kept[i], i + 1 == kept.size()));
  return folders;
}

Status Store::State::put(const std::string& path, std::string_view text) const {
  const std::string incoming = dir + "/incoming";
  UniqueFd fd(::open(incoming.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return fail_errno("write " + path);
  DRYDOCK_TRY(write_all(fd.get(), text));
  if (::rename(incoming.c_str(), path.c_str()) != 0) return fail_errno("write " + path);
  return {};
}

Status write_file_durable(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".new";
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return fail_errno("write " + path);
  auto written = write_all(fd.get(), text);
  if (written && ::fsync(fd.get()) != 0) written = fail_errno("sync");
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = fail_errno("rename");
  if (!written) {
    ::unlink(temporary.c_str());
    return tl::unexpected(std::move(written.error()).in("write " + path));
  }
  UniqueFd folder(
      ::open(path.substr(0, path.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return fail_errno("sync the folder of " + path);
  return {};
}

}  // namespace drydock::images
