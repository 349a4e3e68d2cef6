#include "images/store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "base/files.h"
#include "base/limits.h"
#include "images/reference.h"
#include "images/store_state.h"

namespace drydock::images {
namespace {

constexpr std::size_t kMaxCached = 10'000;

bool is_holder(std::string_view id) {
  return !id.empty() && id.size() <= 200 && id.front() != '.' &&
         id.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == id.npos;
}

Status check_holder(std::string_view id) {
  if (is_holder(id)) return {};
  return fail(Errc::kInvalid,
              "'" + std::string(id.substr(0, 200)) +
                  "' cannot hold an image: use 1 to 200 letters, digits, '_', '.' or '-'");
}

std::string familiar(const std::string& name) {
  auto reference = parse_reference(name);
  return reference ? reference->familiar() : name;
}

}  // namespace

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  auto s = std::make_unique<State>();
  s->dir = options.root + "/images";
  s->blobs_dir = s->dir + "/blobs/sha256";
  s->layers_dir = s->dir + "/layers";
  s->holds_dir = s->dir + "/holds";
  s->staging_dir = s->dir + "/staging";
  s->names_file = s->dir + "/names.json";
  s->unsynced_file = s->dir + "/names.unsynced";
  DRYDOCK_LET(s->boot, read_file("/proc/sys/kernel/random/boot_id", 128));
  while (s->boot.ends_with('\n')) s->boot.pop_back();
  s->options = std::move(options);
  // Layers hold set-user-id programs of strangers: nobody but root may come near them.
  DRYDOCK_TRY(make_dirs(s->dir, 0700));
  for (const std::string& dir : {s->blobs_dir, s->layers_dir, s->holds_dir, s->staging_dir})
    DRYDOCK_TRY(make_dirs(dir, 0700));
  s->lock_file.reset(::open((s->dir + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!s->lock_file) return fail_errno("open " + s->dir + "/lock");
  {
    Staging trash;
    DRYDOCK_LET(const StoreLock lock, StoreLock::take_unread(*s));
    DRYDOCK_TRY(s->forget_other_boots());
    DRYDOCK_TRY(s->refresh());
    if (s->sweep_staging()) {
      DRYDOCK_LET(trash, s->make_staging());
      (void)s->sweep(
          trash);  // a damaged image must not keep the store from opening: list() tells of it
    }
  }
  s->syncer = std::thread([state = s.get()] { state->run_syncer(); });
  return std::unique_ptr<Store>(new Store(std::move(s)));
}

Result<ImagePtr> Store::State::image(const std::string& digest) {
  if (auto it = by_digest.find(digest); it != by_digest.end()) return it->second;
  DRYDOCK_LET(const std::string manifest_json, read_blob(digest, limits::kImageManifest));
  DRYDOCK_LET(Manifest manifest, parse_manifest(manifest_json));
  DRYDOCK_LET(const std::string config_json,
              read_blob(manifest.config.digest, limits::kImageConfig));
  DRYDOCK_LET(ConfigDocument config, parse_config(config_json));
  auto image = std::make_shared<Image>();
  for (const std::string& folder : layer_folders(config.diff_ids)) {
    auto info = read_layer_info(layers_dir, folder);
    if (!info)
      return fail(Errc::kSystem, "the image " + digest + " is damaged: its layer " + layers_dir +
                                     "/" + folder + " is not there; load the image again");
    image->size += info->bytes;
    // A layer that changes nothing costs a mount for nothing; but overlay needs one.
    const bool last = folder.front() == 'b';
    if (info->entries > 0 || (last && image->lower.empty())) image->lower.push_back(folder);
  }
  image->manifest_digest = digest;
  image->image_id = manifest.config.digest;
  image->media_type = manifest.media_type;
  image->platform = config.platform;
  image->created = config.created;
  image->config = std::move(config.config);
  image->layers = std::move(manifest.layers);
  image->diff_ids = std::move(config.diff_ids);
  ImagePtr done = std::move(image);
  by_digest.emplace(digest, done);
  return done;
}

Result<ImagePtr> Store::find(std::string_view reference) {
  const std::lock_guard guard(state_->mutex);
  DRYDOCK_TRY(state_->refresh());
  const std::string text(reference.substr(0, 2048));
  if (auto it = state_->by_text.find(text); it != state_->by_text.end()) return it->second;
  DRYDOCK_LET(const Catalogue::Match match, state_->catalogue.resolve(reference));
  DRYDOCK_LET(ImagePtr image, state_->image(match.digest));
  if (state_->by_text.size() >= kMaxCached) state_->by_text.clear();
  state_->by_text.emplace(text, image);
  return image;
}

Result<std::vector<ImageRow>> Store::list() {
  const std::lock_guard guard(state_->mutex);
  DRYDOCK_TRY(state_->refresh());
  const auto holds = state_->holds();
  std::map<std::string, std::pair<std::uint64_t, int>>
      layers;  // folder -> bytes, images that have it
  std::vector<ImageRow> rows;
  for (const auto& [digest, record] : state_->catalogue.images) {
    ImageRow row;
    DRYDOCK_LET(row.image, state_->image(digest));
    if (auto time = parse_rfc3339(record.loaded)) row.loaded = *time;
    row.held = holds.contains(digest);
    for (const std::string& folder : layer_folders(row.image->diff_ids)) {
      auto& [bytes, users] = layers[folder];
      if (users++ == 0)
        if (auto info = read_layer_info(state_->layers_dir, folder)) bytes = info->bytes;
    }
    rows.push_back(std::move(row));
  }
  for (ImageRow& row : rows) {
    for (const auto& [name, digest] : state_->catalogue.names)
      if (digest == row.image->manifest_digest) row.names.push_back(name);
    for (const std::string& folder : layer_folders(row.image->diff_ids))
      (layers[folder].second == 1 ? row.unique : row.shared) += layers[folder].first;
  }
  std::sort(rows.begin(), rows.end(), [](const ImageRow& a, const ImageRow& b) {
    return a.loaded != b.loaded ? a.loaded > b.loaded
                                : a.image->manifest_digest < b.image->manifest_digest;
  });
  return rows;
}

Result<std::uint64_t> Store::total_bytes() {
  std::uint64_t total = 0;
  for (const std::string& hex : list_dir(state_->blobs_dir)) {
    struct stat st {};
    if (::lstat((state_->blobs_dir + "/" + hex).c_str(), &st) == 0)
      total += static_cast<std::uint64_t>(st.st_size);
  }
  for (const std::string& name : list_dir(state_->layers_dir))
    if (name.ends_with(".json"))
      if (auto info = read_layer_info(state_->layers_dir, name.substr(0, name.size() - 5)))
        total += info->bytes;
  return total;
}

Status Store::tag(std::string_view source, std::string_view target) {
  DRYDOCK_LET(const Reference name, parse_reference(target));
  if (!name.digest.empty())
    return fail(Errc::kInvalid, "a tag cannot be a digest: " + name.familiar());
  DRYDOCK_LET(const StoreLock lock, StoreLock::take(*state_));
  DRYDOCK_LET(const Catalogue::Match match, state_->catalogue.resolve(source));
  Catalogue next = state_->catalogue;
  next.names[name.text()] = match.digest;
  return state_->save(next);
}

Result<Removed> Store::remove(std::string_view reference, bool force) {
  Staging trash;  // emptied after the lock is let go
  Removed removed;
  DRYDOCK_LET(const StoreLock lock, StoreLock::take(*state_));
  DRYDOCK_LET(const Catalogue::Match match, state_->catalogue.resolve(reference));
  Catalogue next = state_->catalogue;
  std::vector<std::string> names;
  for (const auto& [name, digest] : next.names)
    if (digest == match.digest) names.push_back(name);
  const bool whole = match.name.empty() || names.size() == 1;
  if (match.name.empty() && names.size() > 1 && !force)
    return fail(Errc::kBusy, "the image has " + std::to_string(names.size()) + " names (" +
                                 familiar(names[0]) + ", " + familiar(names[1]) +
                                 (names.size() > 2 ? ", ..." : "") +
                                 "); remove them one by one, or use --force");
  const auto holds = state_->holds();
  const auto holder = holds.find(match.digest);
  if (whole && holder != holds.end() && !force)
    return fail(Errc::kBusy, "the image is used by " + holder->second +
                                 "; stop that task first, or use --force to take only the name");
  removed.untagged = whole ? names : std::vector<std::string>{match.name};
  for (const std::string& name : removed.untagged) next.names.erase(name);
  if (whole) next.images.erase(match.digest);
  DRYDOCK_TRY(state_->save(next));
  if (!whole) return removed;
  if (holder == holds.end()) removed.deleted.push_back(match.digest);
  DRYDOCK_LET(trash, state_->make_staging());
  DRYDOCK_LET(removed.freed, state_->sweep(trash));
  return removed;
}

Result<Removed> Store::prune() {
  Staging trash;
  Removed removed;
  DRYDOCK_LET(const StoreLock lock, StoreLock::take(*state_));
  Catalogue next = state_->catalogue;
  std::map<std::string, int> named;
  for (const auto& [name, digest] : next.names) ++named[digest];
  const auto holds = state_->holds();
  for (const auto& [digest, record] : state_->catalogue.images) {
    if (named.contains(digest) || holds.contains(digest)) continue;
    next.images.erase(digest);
    removed.deleted.push_back(digest);
  }
  if (!removed.deleted.empty()) DRYDOCK_TRY(state_->save(next));
  state_->sweep_staging();
  DRYDOCK_LET(trash, state_->make_staging());
  DRYDOCK_LET(removed.freed, state_->sweep(trash));
  return removed;
}

Result<ImagePtr> Store::acquire(std::string_view id, std::string_view reference) {
  DRYDOCK_TRY(check_holder(id));
  DRYDOCK_LET(const StoreLock lock, StoreLock::take(*state_));
  DRYDOCK_LET(const Catalogue::Match match, state_->catalogue.resolve(reference));
  DRYDOCK_LET(ImagePtr image, state_->image(match.digest));
  DRYDOCK_TRY(state_->put(state_->holds_dir + "/" + std::string(id), match.digest));
  return image;
}

Result<ImagePtr> Store::held(std::string_view id) {
  DRYDOCK_TRY(check_holder(id));
  const std::lock_guard guard(state_->mutex);
  DRYDOCK_LET(const std::string digest, read_file(state_->holds_dir + "/" + std::string(id), 200));
  if (!is_digest(digest))
    return fail(Errc::kNotFound, std::string(id) + " holds \"" + digest + "\", which is no image");
  return state_->image(digest);
}

Status Store::release(std::string_view id) {
  DRYDOCK_TRY(check_holder(id));
  Staging trash;
  DRYDOCK_LET(const StoreLock lock, StoreLock::take(*state_));
  const std::string path = state_->holds_dir + "/" + std::string(id);
  auto digest = read_file(path, 200);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("release " + path);
  // An image that was removed by force while it was held goes with its last holder.
  if (!digest || state_->catalogue.images.contains(*digest) || state_->holds().contains(*digest))
    return {};
  DRYDOCK_LET(trash, state_->make_staging());
  DRYDOCK_TRY(state_->sweep(trash));
  return {};
}

Status Store::release_all_but(const std::vector<std::string>& ids) {
  for (const std::string& id : list_dir(state_->holds_dir)) {
    if (std::find(ids.begin(), ids.end(), id) != ids.end()) continue;
    // A name that cannot be a holder was not put here by acquire().
    if (!is_holder(id))
      (void)::unlink((state_->holds_dir + "/" + id).c_str());
    else
      DRYDOCK_TRY(release(id));
  }
  return {};
}

const std::string& Store::layers_dir() const { return state_->layers_dir; }
const StoreOptions& Store::options() const { return state_->options; }

Result<UniqueFd> Store::open_blob(std::string_view digest) const {
  if (!is_digest(digest))
    return fail(Errc::kInvalid, "'" + std::string(digest.substr(0, 100)) + "' is no digest");
  UniqueFd fd(::open(state_->blob_path(digest).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open blob " + std::string(digest));
  return fd;
}

}  // namespace drydock::images
