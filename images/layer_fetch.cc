#include "images/layer_fetch.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "images/disk_room.h"

namespace drydock::images {
namespace {

constexpr std::uint64_t kTellUnpacker = 256u << 10;  // bytes between two signs to it
constexpr std::uint64_t kLookAtDisk = 64u << 20;     // bytes between two looks at the free space
constexpr std::uint64_t kRatioCounts = 1ull << 30;   // smaller layers may compress as they like

UnpackLimits limits_for(const Descriptor& blob, const StoreOptions& store,
                        const PullOptions& options) {
  UnpackLimits limits = store.limits;
  const double most = options.largest_ratio * static_cast<double>(blob.size);
  if (most < static_cast<double>(limits.layer_bytes))
    limits.layer_bytes =
        std::min(limits.layer_bytes, std::max(kRatioCounts, static_cast<std::uint64_t>(most)));
  return limits;
}

tl::unexpected<Error> in_layer(Error error, const std::string& digest) {
  if (error.code == Errc::kCancelled) return tl::unexpected(std::move(error));
  return tl::unexpected(std::move(error).in("unpack layer " + digest));
}

// Takes a blob as it comes: into its file, and to the unpacker that follows it.
class Download {
 public:
  Download(const LayerWork& work, const PullOptions& options, const CancelFlag& cancel)
      : work_(work), options_(options), cancel_(cancel) {}

  Status open(const std::string& path) {
    path_ = path;
    file_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file_) return fail_errno("write " + path);
    return {};
  }
  void follow(GrowingUnpack& unpacker) { unpacker_ = &unpacker; }

  Status take(std::string_view piece) {
    if (cancel_.is_set()) return fail(Errc::kCancelled, "cancelled");
    if (piece.size() > work_.blob.size - bytes_)
      return fail(Errc::kInvalid, "the layer " + work_.blob.digest + " is longer than the " +
                                      std::to_string(work_.blob.size) + " bytes it should have");
    if (bytes_ / kLookAtDisk != (bytes_ + piece.size()) / kLookAtDisk) DRYDOCK_TRY(look_at_disk());
    if (auto written = write_all(file_.get(), piece); !written)
      return tl::unexpected(std::move(written.error()).in("write layer " + work_.blob.digest));
    bytes_ += piece.size();
    work_.state->bytes = bytes_;
    if (bytes_ - told_ < kTellUnpacker && bytes_ != work_.blob.size) return {};
    told_ = bytes_;
    // An unpacker that failed need not be fed to the end.
    if (unpacker_ && !report_ && !unpacker_->more()) {
      report_ = unpacker_->finish(cancel_);
      if (!*report_) return in_layer(report_->error(), work_.blob.digest);
    }
    return {};
  }

  // After the last byte: what the unpacker found.
  Result<LayerReport> report() {
    if (bytes_ != work_.blob.size)
      return fail(Errc::kInvalid, "the layer " + work_.blob.digest + " has " +
                                      std::to_string(bytes_) + " bytes instead of " +
                                      std::to_string(work_.blob.size));
    if (!report_) report_ = unpacker_->finish(cancel_);
    if (!*report_) return in_layer(report_->error(), work_.blob.digest);
    return *report_;
  }

 private:
  Status look_at_disk() const {
    DRYDOCK_LET(const std::uint64_t room, free_bytes(path_));
    if (room >= options_.disk_reserve) return {};
    return tl::unexpected(Error{Errc::kSystem,
                                "the disk is almost full: less than " +
                                    human_bytes(options_.disk_reserve) + " are free in " +
                                    path_.substr(0, path_.rfind('/')) +
                                    "; free disk space or move the state folder (--root)",
                                ENOSPC});
  }

  const LayerWork& work_;
  const PullOptions& options_;
  const CancelFlag& cancel_;
  std::string path_;
  UniqueFd file_;
  GrowingUnpack* unpacker_ = nullptr;
  std::uint64_t bytes_ = 0;
  std::uint64_t told_ = 0;
  std::optional<Result<LayerReport>> report_;
};

Status fetch(Ingest& ingest, const StoreOptions& store, const PullOptions& options,
             ImageSource& source, const Reference& reference, const LayerWork& work,
             const WantedLayer* folder, const CancelFlag& cancel) {
  work.state->bytes = 0;
  work.state->step = LayerStep::kDownloading;
  const std::string path = ingest.files_dir() + "/" + work.blob.digest.substr(7);
  Download download(work, options, cancel);
  DRYDOCK_TRY(download.open(path));
  std::optional<GrowingUnpack> unpacker;
  if (folder) {
    DRYDOCK_LET(const std::string target, ingest.make_layer_dir(*folder));
    DRYDOCK_LET(GrowingUnpack started,
                GrowingUnpack::start(store.helper, path, target, folder->lowest(),
                                     limits_for(work.blob, store, options)));
    unpacker.emplace(std::move(started));
    download.follow(*unpacker);
  }
  DRYDOCK_TRY(source.blob(
      reference, work.blob, [&](std::string_view piece) { return download.take(piece); }, cancel));
  if (!folder) return ingest.keep_blob(work.blob.digest, path);
  work.state->step = LayerStep::kUnpacking;
  DRYDOCK_LET(const LayerReport report, download.report());
  DRYDOCK_TRY(ingest.keep_blob(work.blob.digest, path));
  return ingest.keep_layer(*folder, report);
}

}  // namespace

std::vector<LayerWork> layer_works(const NewImage& image) {
  std::vector<LayerWork> works;
  const auto wanted = wanted_layers(image);
  for (const Descriptor& layer : image.layers) {
    const bool known = std::any_of(works.begin(), works.end(), [&](const LayerWork& w) {
      return w.blob.digest == layer.digest;
    });
    if (known) continue;
    LayerWork work{layer, {}, std::make_shared<LayerState>()};
    for (const auto& [name, folder] : wanted)
      if (folder.blob == layer.digest) work.folders.push_back(folder);
    works.push_back(std::move(work));
  }
  return works;
}

Result<bool> is_here(const Ingest& ingest, const LayerWork& work) {
  if (!ingest.has_blob(work.blob.digest)) return false;
  for (const WantedLayer& folder : work.folders) {
    DRYDOCK_LET(const bool there, ingest.has_layer(folder));
    if (!there) return false;
  }
  return true;
}

Status fetch_layer(Ingest& ingest, const StoreOptions& store, const PullOptions& options,
                   ImageSource& source, const Reference& reference, const LayerWork& work,
                   const CancelFlag& cancel) {
  std::vector<WantedLayer> missing;
  for (const WantedLayer& folder : work.folders) {
    DRYDOCK_LET(const bool there, ingest.has_layer(folder));
    if (!there) missing.push_back(folder);
  }
  auto next = missing.begin();
  if (!ingest.has_blob(work.blob.digest)) {
    const WantedLayer* folder = next == missing.end() ? nullptr : &*next++;
    DRYDOCK_TRY(fetch(ingest, store, options, source, reference, work, folder, cancel));
  }
  work.state->step = LayerStep::kUnpacking;
  for (; next != missing.end(); ++next) DRYDOCK_TRY(ingest.unpack(*next));
  return {};
}

}  // namespace drydock::images
