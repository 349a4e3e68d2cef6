#include "images/ingest.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/files.h"
#include "base/logging.h"
#include "images/sha256.h"
#include "images/unpack.h"

namespace drydock::images {

std::map<std::string, WantedLayer> wanted_layers(const NewImage& image) {
  std::map<std::string, WantedLayer> wanted;
  const std::vector<std::string> folders = layer_folders(image.diff_ids);
  for (std::size_t i = 0; i < image.diff_ids.size(); ++i)
    for (bool lowest : {false, true}) {
      const std::string folder = layer_folder(image.diff_ids[i], lowest);
      if (std::find(folders.begin(), folders.end(), folder) != folders.end())
        wanted[folder] = {folder, image.diff_ids[i], image.layers[i].digest};
    }
  return wanted;
}

Status in_parallel(std::size_t count, const std::function<Status(std::size_t)>& job) {
  std::vector<Status> done(count);
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) done[i] = job(i);
  };
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(count, cores); ++i) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  for (Status& s : done)
    if (!s) return std::move(s);
  return {};
}

Ingest::Ingest(Ingest&& other) noexcept
    : state_(other.state_),
      staging_(std::move(other.staging_)),
      files_dir_(std::move(other.files_dir_)),
      changed_(other.changed_.load()) {}

Ingest::Ingest(Store& store, Staging staging)
    : state_(store.state_.get()),
      staging_(std::move(staging)),
      files_dir_(staging_.path() + "/files") {}

Result<Ingest> Ingest::begin(Store& store) {
  Store::State& state = *store.state_;
  DRYDOCK_LET(const StoreLock lock, StoreLock::take(state));
  DRYDOCK_LET(Staging staging, state.make_staging());
  Ingest ingest(store, std::move(staging));
  DRYDOCK_TRY(make_dirs(ingest.files_dir_, 0700));
  return ingest;
}

Result<std::string> Ingest::write_document(const std::string& name, std::string_view text) {
  const std::string path = files_dir_ + "/" + name;
  DRYDOCK_TRY(write_file_atomic(path, text, 0600));
  return path;
}

// Under the lock, before the first look at what the store already has: from here on a sweep keeps
// it.
Status Ingest::pin(const std::vector<NewImage>& images) {
  std::string pins;
  for (const NewImage& image : images) {
    for (const auto& [digest, path] : image.blobs) pins += "blob " + digest.substr(7) + "\n";
    for (const auto& [folder, layer] : wanted_layers(image)) pins += "layer " + folder + "\n";
  }
  DRYDOCK_LET(const StoreLock lock, StoreLock::take(*state_));
  return write_file_atomic(staging_.path() + "/pins", pins, 0600);
}

bool Ingest::has_blob(const std::string& digest) const { return exists(state_->blob_path(digest)); }

Status Ingest::keep_blob(const std::string& digest, const std::string& path) {
  if (has_blob(digest)) return {};
  if (::chmod(path.c_str(), 0600) != 0 ||
      ::rename(path.c_str(), state_->blob_path(digest).c_str()) != 0)
    return fail_errno("keep blob " + digest);
  changed_ = true;
  return {};
}

Status Ingest::add_blobs(const std::vector<NewImage>& images) {
  std::map<std::string, std::string> all;  // digest -> file
  for (const NewImage& image : images) all.insert(image.blobs.begin(), image.blobs.end());
  const std::vector<std::pair<std::string, std::string>> blobs(all.begin(), all.end());
  // First all are verified, then moved: the same staged file may carry several digests only by
  // lying.
  DRYDOCK_TRY(in_parallel(blobs.size(), [&](std::size_t i) -> Status {
    const auto& [digest, path] = blobs[i];
    if (has_blob(digest)) return {};
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return fail_errno("read blob " + digest);
    DRYDOCK_LET(const std::string real, digest_of_file(fd.get()));
    if (real != digest)
      return fail(Errc::kInvalid, "the blob " + digest + " is damaged: its content is " + real);
    return {};
  }));
  for (const auto& [digest, path] : blobs) DRYDOCK_TRY(keep_blob(digest, path));
  return {};
}

Result<bool> Ingest::has_layer(const WantedLayer& layer) const {
  auto info = read_layer_info(state_->layers_dir, layer.folder);
  if (!info || !exists(state_->layers_dir + "/" + layer.folder)) return false;
  if (info->diff_id == layer.diff_id) return true;
  return fail(Errc::kInvalid, "the layer " + layer.diff_id + " collides with " + info->diff_id +
                                  ": one of them was made to do so");
}

Result<std::string> Ingest::make_layer_dir(const WantedLayer& layer) {
  std::string target = staging_.path() + "/" + layer.folder;
  if (::mkdir(target.c_str(), 0755) != 0 || ::chmod(target.c_str(), 0755) != 0)
    return fail_errno("make folder " + target);
  return target;
}

Status Ingest::unpack(const WantedLayer& layer) {
  DRYDOCK_LET(const std::string target, make_layer_dir(layer));
  UniqueFd blob(::open(state_->blob_path(layer.blob).c_str(), O_RDONLY | O_CLOEXEC));
  if (!blob) return fail_errno("open layer " + layer.blob);
  auto report = unpack_layer(state_->options.helper, blob.get(), target, layer.lowest(),
                             state_->options.limits);
  if (!report) return tl::unexpected(std::move(report.error()).in("unpack layer " + layer.blob));
  return keep_layer(layer, *report);
}

Status Ingest::keep_layer(const WantedLayer& layer, const LayerReport& report) {
  if (report.diff_id != layer.diff_id)
    return fail(Errc::kInvalid, "the layer " + layer.blob +
                                    " is not what the image says: its content is " +
                                    report.diff_id + ", not " + layer.diff_id);
  const std::string from = staging_.path() + "/" + layer.folder;
  const std::string target = state_->layers_dir + "/" + layer.folder;
  DRYDOCK_LET(const StoreLock lock, StoreLock::take(*state_));
  DRYDOCK_LET(const bool there, has_layer(layer));
  if (there) return {};  // another load was faster
  // A folder without its facts is what a crash left between the two steps below.
  if (exists(target) &&
      ::rename(target.c_str(), (staging_.path() + "/old-" + layer.folder).c_str()) != 0)
    return fail_errno("replace " + target);
  if (::rename(from.c_str(), target.c_str()) != 0) return fail_errno("keep layer " + target);
  changed_ = true;
  return state_->put(target + ".json",
                     layer_info_text({layer.diff_id, report.bytes, report.entries}));
}

Status Ingest::unpack_layers(const std::vector<NewImage>& images) {
  std::map<std::string, WantedLayer> wanted;
  for (const NewImage& image : images) wanted.merge(wanted_layers(image));
  std::vector<WantedLayer> missing;
  for (const auto& [folder, layer] : wanted) {
    DRYDOCK_LET(const bool there, has_layer(layer));
    if (!there) missing.push_back(layer);
  }
  return in_parallel(missing.size(), [&](std::size_t i) { return unpack(missing[i]); });
}

Status Ingest::publish(const std::vector<NewImage>& images, const std::string& holder) {
  DRYDOCK_LET(const StoreLock lock, StoreLock::take(*state_));
  Catalogue next = state_->catalogue;
  for (const NewImage& image : images) {
    // An image that was here whole stays as it is: pulling it again costs no write.
    if (changed_ || !next.images.contains(image.manifest_digest))
      next.images[image.manifest_digest] = {image.media_type, image.config_digest,
                                            image.index_digest, rfc3339_nano(now())};
    for (const std::string& name : image.names) next.names[name] = image.manifest_digest;
    state_->by_digest.erase(image.manifest_digest);
  }
  if (next != state_->catalogue) DRYDOCK_TRY(state_->save(next));
  if (images.empty()) return {};
  DRYDOCK_LET(published_, state_->image(images.back().manifest_digest));
  if (holder.empty()) return {};
  return state_->put(state_->holds_dir + "/" + holder, published_->manifest_digest);
}

Status Ingest::store_all(const std::vector<NewImage>& images) {
  DRYDOCK_TRY(pin(images));
  DRYDOCK_TRY(add_blobs(images));
  DRYDOCK_TRY(unpack_layers(images));
  return publish(images);
}

// Blobs and layers that were moved into the store already belong to nobody now. If this fails too,
// prune() gets them.
void Ingest::undo() {
  auto lock = StoreLock::take(*state_);
  if (!lock) return;
  ::unlink((staging_.path() + "/pins").c_str());
  (void)state_->sweep(staging_);
}

Result<std::vector<LoadedImage>> Ingest::commit(const std::vector<NewImage>& images) {
  if (auto done = store_all(images); !done) {
    undo();
    return tl::unexpected(std::move(done.error()));
  }
  std::vector<LoadedImage> loaded;
  for (const NewImage& image : images) {
    log::debug("image " + image.manifest_digest + " is in the store");
    loaded.push_back({image.names, image.manifest_digest, image.config_digest});
  }
  return loaded;
}

}  // namespace drydock::images
