#include "images/pull.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/files.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/logging.h"
#include "images/disk_room.h"
#include "images/flights.h"
#include "images/layer_fetch.h"
#include "images/resolve.h"

namespace drydock::images {
namespace {

constexpr std::chrono::milliseconds kTick{100};  // between two looks at the cancel flag
constexpr int kFetchesAtOnce = 12;               // over all pulls

// Deletes what failed pulls leave, so that nobody waits for it.
class Janitor {
 public:
  Janitor() : thread_([this] { run(); }) {}
  ~Janitor() {
    {
      const std::lock_guard guard(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  void take(Staging trash) {
    {
      const std::lock_guard guard(mutex_);
      trash_.push_back(std::move(trash));
    }
    wake_.notify_one();
  }

 private:
  void run() {
    std::unique_lock guard(mutex_);
    for (;;) {
      wake_.wait(guard, [this] { return stop_ || !trash_.empty(); });
      if (trash_.empty()) return;
      Staging next = std::move(trash_.front());
      trash_.pop_front();
      guard.unlock();
      next = Staging();
      guard.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Staging> trash_;
  bool stop_ = false;
  std::thread thread_;
};

std::vector<LayerProgress> progress_of(const std::vector<LayerWork>& works) {
  std::vector<LayerProgress> all;
  all.reserve(works.size());
  for (const LayerWork& w : works)
    all.push_back({w.blob.digest, w.state->step, w.state->bytes, w.blob.size});
  return all;
}

}  // namespace

struct Puller::State {
  State(Store& s, PullOptions o) : store(s), options(o) {}

  Result<ImagePtr> pull(const PullRequest& request, const CancelFlag& cancel);
  Status bring(Ingest& ingest, const PullRequest& request, Resolved& resolved,
               const CancelFlag& cancel);
  Status fetch_all(Ingest& ingest, const PullRequest& request, std::vector<LayerWork>& works,
                   const CancelFlag& cancel);
  Status fetch_one(Ingest& ingest, const PullRequest& request, const LayerWork& work,
                   const CancelFlag& stop);
  std::optional<std::string> stored(const std::string& digest) const;

  Store& store;
  PullOptions options;
  Flights flights{kFetchesAtOnce};
  Janitor janitor;
  std::mutex mutex;
  std::condition_variable idle;
  int running = 0;
};

std::optional<std::string> Puller::State::stored(const std::string& digest) const {
  auto blob = store.open_blob(digest);
  if (!blob) return std::nullopt;
  auto text = read_file("/proc/self/fd/" + std::to_string(blob->get()), limits::kImageConfig);
  if (!text || "sha256:" + sha256_hex(*text) != digest) return std::nullopt;
  return std::move(*text);
}

Status Puller::State::fetch_one(Ingest& ingest, const PullRequest& request, const LayerWork& work,
                                const CancelFlag& stop) {
  DRYDOCK_LET(bool here, is_here(ingest, work));
  if (here) {
    work.state->step = LayerStep::kHere;
    return {};
  }
  DRYDOCK_LET(const Flights::Claim claim, flights.claim(work.blob.digest, work.state, stop));
  DRYDOCK_TRY(fetch_layer(ingest, store.options(), options, *request.source, request.reference,
                          work, stop));
  work.state->bytes = work.blob.size;
  work.state->step = LayerStep::kDone;
  return {};
}

Status Puller::State::fetch_all(Ingest& ingest, const PullRequest& request,
                                std::vector<LayerWork>& works, const CancelFlag& cancel) {
  std::vector<const LayerWork*> order;
  order.reserve(works.size());
  for (const LayerWork& w : works) order.push_back(&w);
  // The longest first: what is begun last ends last.
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->blob.size > b->blob.size; });
  CancelFlag stop;
  std::mutex guarded;
  std::condition_variable ended;
  std::size_t next = 0;
  const std::size_t count =
      std::min(order.size(), static_cast<std::size_t>(std::max(1, options.layers_at_once)));
  std::size_t working = count;
  Status result;
  const auto work = [&] {
    std::unique_lock guard(guarded);
    while (next < order.size() && !stop.is_set()) {
      const LayerWork& mine = *order[next++];
      guard.unlock();
      Status done = fetch_one(ingest, request, mine, stop);
      guard.lock();
      if (done) continue;
      // The first error counts; the cancelling of the others comes from it.
      if (result) result = std::move(done);
      stop.set();
    }
    --working;
    ended.notify_one();
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back(work);
  {
    std::unique_lock guard(guarded);
    while (!ended.wait_for(guard, kTick, [&] { return working == 0; })) {
      if (cancel.is_set()) stop.set();
      guard.unlock();
      if (request.progress) request.progress(progress_of(works));
      guard.lock();
    }
  }
  for (std::thread& t : threads) t.join();
  if (request.progress) request.progress(progress_of(works));
  return result;
}

Status Puller::State::bring(Ingest& ingest, const PullRequest& request, Resolved& resolved,
                            const CancelFlag& cancel) {
  NewImage& image = resolved.image;
  for (const auto& [digest, text] : {std::pair(image.manifest_digest, resolved.manifest_text),
                                     std::pair(image.config_digest, resolved.config_text)}) {
    DRYDOCK_LET(image.blobs[digest], ingest.write_document(digest.substr(7), text));
  }
  for (const Descriptor& layer : image.layers) image.blobs.try_emplace(layer.digest);
  DRYDOCK_TRY(ingest.pin({image}));
  std::vector<LayerWork> works = layer_works(image);
  std::uint64_t download = 0;
  for (const LayerWork& w : works)
    if (!ingest.has_blob(w.blob.digest)) download += w.blob.size;
  DRYDOCK_TRY(check_room(ingest.files_dir(), download, options.disk_reserve));
  for (const std::string& digest : {image.manifest_digest, image.config_digest})
    DRYDOCK_TRY(ingest.keep_blob(digest, image.blobs[digest]));
  DRYDOCK_TRY(fetch_all(ingest, request, works, cancel));
  return ingest.publish({image}, request.holder);
}

Result<ImagePtr> Puller::State::pull(const PullRequest& request, const CancelFlag& cancel) {
  const auto saved = [this](const std::string& digest) { return stored(digest); };
  DRYDOCK_LET(Resolved resolved,
              resolve_image(*request.source, request.reference,
                            request.platform.value_or(host_platform()), saved, cancel));
  DRYDOCK_LET(Ingest ingest, Ingest::begin(store));
  Status brought = bring(ingest, request, resolved, cancel);
  Result<ImagePtr> image = fail(Errc::kSystem, "");
  if (brought) {
    image = ingest.published();
  } else {
    ingest.undo();
    if (cancel.is_set())
      brought =
          fail(Errc::kCancelled, "the pull of " + request.reference.familiar() + " was cancelled");
    image = tl::unexpected(std::move(brought.error()));
  }
  janitor.take(ingest.take_staging());
  return image;
}

Puller::Puller(Store& store, PullOptions options)
    : state_(std::make_unique<State>(store, options)) {}

Puller::~Puller() {
  std::unique_lock guard(state_->mutex);
  state_->idle.wait(guard, [this] { return state_->running == 0; });
}

Result<ImagePtr> Puller::pull(const PullRequest& request, const CancelFlag& cancel) {
  {
    const std::lock_guard guard(state_->mutex);
    ++state_->running;
  }
  auto image = state_->pull(request, cancel);
  const std::lock_guard guard(state_->mutex);
  if (--state_->running == 0) state_->idle.notify_all();
  return image;
}

}  // namespace drydock::images
